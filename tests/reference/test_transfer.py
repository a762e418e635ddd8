"""One file over HTTP, onto the disk."""

from __future__ import annotations

import fcntl

import pytest
from scrapy.settings import BaseSettings

import ipv6matrix
from ipv6matrix import settings as project
from ipv6matrix.exceptions import DownloadError, DownloadStoppedError
from ipv6matrix.reference.transfer import Transfer, discard
from tests.reference.site import MODIFIED, running

BODY = b"".join(b"%06d\n" % number for number in range(50_000))


@pytest.fixture
def transfer():
    with Transfer(agent="test", timeout_s=5, pause_s=0) as one:
        yield one


@pytest.fixture
def part(tmp_path):
    return tmp_path / "list.part"


def ranges(site):
    return site.fields("Range")


def test_a_file_is_fetched_with_its_version(site, transfer, part):
    """
    The bytes are on the disk, and ETag and Last-Modified are known.
    """
    url = site.put("/list", BODY)
    version = transfer.file(url, part)

    assert BODY == part.read_bytes()
    assert (url, '"1"', MODIFIED) == (version.url, version.etag, version.modified)
    assert [None] == ranges(site)


def test_a_server_of_ipv6_is_reached(transfer, part):
    """
    An address in brackets will do.
    """
    with running("::1") as site:
        transfer.file(site.put("/list", BODY), part)

    assert BODY == part.read_bytes()


@pytest.mark.parametrize("step", ["500", "502", "503", "504", "429", "408"])
def test_what_may_pass_is_tried_again(site, transfer, part, step):
    """
    A server that fails twice and then does not has given the file.
    """
    transfer.file(site.put("/list", BODY, steps=[step, step]), part)

    assert BODY == part.read_bytes()
    assert 3 == len(site.requests)


def test_a_server_that_stays_broken_is_told(site, transfer, part):
    """
    After some tries the error names the address and the status.
    """
    url = site.put("/list", BODY, steps=["500"] * 50)
    with pytest.raises(DownloadError, match="DOWNLOAD_FAILED") as raised:
        transfer.file(url, part)

    assert 500 == raised.value.status
    assert url in raised.value.message
    assert 5 == len(site.requests)


@pytest.mark.parametrize("status", ["404", "410", "401"])
def test_what_will_not_pass_is_told_at_once(site, transfer, part, status):
    """
    An answer such as 404 is not asked for again.
    """
    url = site.put("/list", BODY, steps=[status] * 9)
    with pytest.raises(DownloadError, match=status) as raised:
        transfer.file(url, part)

    assert int(status) == raised.value.status
    assert 1 == len(site.requests)


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"', None])
def test_a_download_that_is_cut_off_goes_on_there(site, transfer, part, etag):
    """
    The rest is asked for by Range, on condition of the same version, by a strong ETag or else the time of change.
    """
    transfer.file(site.put("/list", BODY, etag=etag, steps=["cut"]), part)

    assert BODY == part.read_bytes()
    assert [None, f"bytes={len(BODY) // 2}-"] == ranges(site)
    assert [None, etag if etag == '"1"' else MODIFIED] == site.fields("If-Range")


def test_many_cuts_are_no_end_while_each_try_brings_something(site, transfer, part):
    """
    Tries are counted from the last that brought a byte.
    """
    transfer.file(site.put("/list", BODY, steps=["cut"] * 12), part)

    assert BODY == part.read_bytes()
    assert 13 == len(site.requests)


def test_silence_is_a_cut(site, part):
    """
    A server that says nothing more is left, and the rest is asked for.
    """
    with Transfer(agent="test", timeout_s=0.3, pause_s=0) as transfer:
        transfer.file(site.put("/list", BODY, steps=["silent"]), part)

    assert BODY == part.read_bytes()
    assert [None, f"bytes={len(BODY) // 2}-"] == ranges(site)


def test_a_server_that_ignores_range_is_no_harm(site, transfer, part):
    """
    An answer that begins at the beginning takes the place of what had come.
    """
    transfer.file(site.put("/list", BODY, steps=["cut", "whole"]), part)

    assert BODY == part.read_bytes()
    assert f"bytes={len(BODY) // 2}-" in ranges(site)


def test_a_server_that_ignores_range_and_cuts_off_is_given_up(site, transfer, part):
    """
    Tries that bring nothing new come to an end.
    """
    url = site.put("/list", BODY, etag=None, modified=None, steps=["cut"] * 50)
    with pytest.raises(DownloadError, match="DOWNLOAD_FAILED"):
        transfer.file(url, part)

    assert 50 > len(site.requests)


def test_another_process_goes_on(site, transfer, part):
    """
    What had come before a process ended is kept and gone on with.
    """
    stops = iter([False, False, True])
    url = site.put("/list", BODY)
    with (
        Transfer(agent="test", timeout_s=5, is_stopped=lambda: next(stops)) as first,
        pytest.raises(DownloadStoppedError),
    ):
        first.file(url, part)
    come = part.stat().st_size
    transfer.file(url, part)

    assert 0 < come < len(BODY)
    assert [None, f"bytes={come}-"] == ranges(site)
    assert BODY == part.read_bytes()


def test_a_file_that_changed_meanwhile_is_fetched_anew(site, transfer, part):
    """
    The halves of two versions are never put together.
    """
    part.write_bytes(BODY[: len(BODY) // 2])
    url = site.put("/list", BODY, steps=["cut"])
    stops = iter([False, False, True])
    discard(part)
    with Transfer(agent="test", timeout_s=5, is_stopped=lambda: next(stops)) as first, pytest.raises(DownloadError):
        first.file(url, part)
    site.put("/list", BODY[::-1], etag='"2"')
    version = transfer.file(url, part)

    assert BODY[::-1] == part.read_bytes()
    assert '"2"' == version.etag


def test_what_has_come_whole_is_not_fetched_again(site, transfer, part):
    """
    A file that was complete when its process ended is asked for no byte.
    """
    url = site.put("/list", BODY)
    transfer.file(url, part)
    version = transfer.file(url, part)

    assert BODY == part.read_bytes()
    assert '"1"' == version.etag
    assert [None, f"bytes={len(BODY)}-"] == ranges(site)


def test_what_does_not_fit_is_thrown_away(site, transfer, part):
    """
    More than the file has is fetched anew.
    """
    url = site.put("/list", BODY)
    transfer.file(url, part)
    part.write_bytes(BODY + b"more")
    transfer.file(url, part)

    assert BODY == part.read_bytes()


def test_what_came_from_elsewhere_is_thrown_away(site, transfer, part):
    """
    A part of another address is not gone on with.
    """
    part.write_bytes(b"something")
    transfer.file(site.put("/list", BODY), part)

    assert BODY == part.read_bytes()
    assert [None] == ranges(site)


def test_a_version_that_is_known_is_not_fetched(site, transfer, part):
    """
    A server that has nothing new sends nothing.
    """
    url = site.put("/list", BODY)
    version = transfer.file(url, part)
    discard(part)

    assert transfer.file(url, part, unless=version) is None
    assert '"1"' == site.fields("If-None-Match")[1]


def test_redirects_are_followed(site, transfer, part):
    """
    A file may lie elsewhere.
    """
    site.put("/there", BODY)
    transfer.file(site.put("/list", b"", steps=["to /there"]), part)

    assert BODY == part.read_bytes()


def test_a_circle_of_redirects_is_told(site, transfer, part):
    """
    Redirects without end are an error that names the address.
    """
    url = site.put("/list", b"", steps=["to /list"] * 99)
    with pytest.raises(DownloadError, match=rf"{url} .*\[DOWNLOAD_FAILED\]"):
        transfer.file(url, part)


def test_a_key_goes_to_no_other_server(site, transfer, part):
    """
    An account is shown to the server that was named, and not where that leads to.
    """
    with running("127.0.0.2") as other:
        other.put("/there", BODY)
        url = site.put("/list", b"", steps=[f"to {other.url}/there"])
        transfer.file(url, part, auth=("17", "secret"))

        assert site.fields("Authorization")[0].startswith("Basic ")
        assert [None] == other.fields("Authorization")


def test_a_server_that_is_not_there_is_told(transfer, part):
    """
    A refused connection is named with the address.
    """
    with pytest.raises(DownloadError, match=r"http://127.0.0.1:1/list .*refused"):
        transfer.file("http://127.0.0.1:1/list", part)


@pytest.mark.parametrize("url", ["ftp://example.com/list", "http://[nothing/list"])
def test_an_address_that_is_none_is_told(transfer, part, url):
    """
    An address that httpx cannot ask is an error like the others.
    """
    with pytest.raises(DownloadError, match="DOWNLOAD_FAILED"):
        transfer.file(url, part)


def test_a_folder_that_cannot_be_written_is_told(site, transfer, tmp_path):
    """
    The error names the file and the reason.
    """
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match=r"'.*/file/list.part' \((File exists|Not a directory)\)"):
        transfer.file(site.put("/list", BODY), tmp_path / "file/list.part")


def test_two_processes_do_not_fetch_into_one_file(site, transfer, part):
    """
    The second is told that another is at it, and changes nothing.
    """
    with part.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(DownloadError, match=r"another process.*\[DOWNLOAD_FAILED\]"):
            transfer.file(site.put("/list", BODY), part)

    assert [] == site.requests


def test_a_line_of_text_is_fetched(site, transfer):
    """
    Text comes without the space around it, and not more than a line's worth.
    """
    assert "K2XYW" == transfer.text(site.put("/id", "K2XYW\n", steps=["503"]))
    assert 4096 == len(transfer.text(site.put("/page", "x" * 1_000_000)))


def test_the_user_agent_says_who_asks(site, part):
    """
    It carries version and CONTACT, in ASCII.
    """
    values = {name: getattr(project, name) for name in dir(project) if name.isupper()}
    settings = BaseSettings(values | {"CONTACT": "https://example.org/crawler (Jörg)"})
    with Transfer.from_settings(settings) as transfer:
        transfer.file(site.put("/list", BODY), part)

    assert [f"ipv6matrix/{ipv6matrix.__version__} (https://example.org/crawler (J?rg))"] == site.fields("User-Agent")
    assert ["identity"] == site.fields("Accept-Encoding")
