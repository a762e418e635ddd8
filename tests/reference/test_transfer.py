"""Download of a single file over HTTP."""

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
    with Transfer(agent="test", timeout_s=5, pause_s=0) as opened:
        yield opened


@pytest.fixture
def part(tmp_path):
    return tmp_path / "list.part"


def ranges(site):
    return site.fields("Range")


def test_a_file_is_fetched_with_its_version(site, transfer, part):
    """The bytes are on disk, and ETag and Last-Modified are known."""
    url = site.put("/list", BODY)
    version = transfer.file(url, part)

    assert BODY == part.read_bytes()
    assert (url, '"1"', MODIFIED) == (version.url, version.etag, version.modified)
    assert [None] == ranges(site)


def test_a_server_with_an_ipv6_address_is_reached(transfer, part):
    """A URL may have an address in brackets."""
    with running("::1") as site:
        transfer.file(site.put("/list", BODY), part)

    assert BODY == part.read_bytes()


@pytest.mark.parametrize("step", ["500", "502", "503", "504", "429", "408"])
def test_a_temporary_failure_is_retried(site, transfer, part, step):
    """A server that fails twice and then works has delivered the file."""
    transfer.file(site.put("/list", BODY, steps=[step, step]), part)

    assert BODY == part.read_bytes()
    assert 3 == len(site.requests)


def test_a_permanent_failure_is_reported(site, transfer, part):
    """After some attempts the error has the URL and the status."""
    url = site.put("/list", BODY, steps=["500"] * 50)
    with pytest.raises(DownloadError, match="DOWNLOAD_FAILED") as raised:
        transfer.file(url, part)

    assert 500 == raised.value.status
    assert url in raised.value.message
    assert 5 == len(site.requests)


@pytest.mark.parametrize("status", ["404", "410", "401"])
def test_a_definite_answer_is_reported_immediately(site, transfer, part, status):
    """An answer such as 404 is not retried."""
    url = site.put("/list", BODY, steps=[status] * 9)
    with pytest.raises(DownloadError, match=status) as raised:
        transfer.file(url, part)

    assert int(status) == raised.value.status
    assert 1 == len(site.requests)


@pytest.mark.parametrize("etag", ['"1"', 'W/"1"', None])
def test_an_interrupted_download_is_resumed(site, transfer, part, etag):
    """The rest is requested by Range, conditional on a strong ETag or else on Last-Modified."""
    transfer.file(site.put("/list", BODY, etag=etag, steps=["cut"]), part)

    assert BODY == part.read_bytes()
    assert [None, f"bytes={len(BODY) // 2}-"] == ranges(site)
    assert [None, etag if etag == '"1"' else MODIFIED] == site.fields("If-Range")


def test_interruptions_are_tolerated_while_there_is_progress(site, transfer, part):
    """Attempts are counted from the last one that brought a byte."""
    transfer.file(site.put("/list", BODY, steps=["cut"] * 12), part)

    assert BODY == part.read_bytes()
    assert 13 == len(site.requests)


def test_silence_is_an_interruption(site, part):
    """The connection to a silent server is closed, and the rest is requested."""
    with Transfer(agent="test", timeout_s=0.3, pause_s=0) as transfer:
        transfer.file(site.put("/list", BODY, steps=["silent"]), part)

    assert BODY == part.read_bytes()
    assert [None, f"bytes={len(BODY) // 2}-"] == ranges(site)


def test_a_server_may_ignore_range(site, transfer, part):
    """An answer from the beginning replaces what was received."""
    transfer.file(site.put("/list", BODY, steps=["cut", "whole"]), part)

    assert BODY == part.read_bytes()
    assert f"bytes={len(BODY) // 2}-" in ranges(site)


def test_interruptions_without_progress_end_the_download(site, transfer, part):
    """The number of attempts without new bytes is limited."""
    url = site.put("/list", BODY, etag=None, modified=None, steps=["cut"] * 50)
    with pytest.raises(DownloadError, match="DOWNLOAD_FAILED"):
        transfer.file(url, part)

    assert 50 > len(site.requests)


def test_another_process_resumes_a_download(site, transfer, part):
    """Bytes received before a process ended are stored and used."""
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


def test_a_changed_file_is_fetched_again(site, transfer, part):
    """Parts of two versions are never combined."""
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


def test_a_complete_file_is_not_fetched_again(site, transfer, part):
    """If a file was complete when its process ended, no byte is requested."""
    url = site.put("/list", BODY)
    transfer.file(url, part)
    version = transfer.file(url, part)

    assert BODY == part.read_bytes()
    assert '"1"' == version.etag
    assert [None, f"bytes={len(BODY)}-"] == ranges(site)


def test_an_oversized_part_is_discarded(site, transfer, part):
    """If more was received than the file has, it is fetched again."""
    url = site.put("/list", BODY)
    transfer.file(url, part)
    part.write_bytes(BODY + b"more")
    transfer.file(url, part)

    assert BODY == part.read_bytes()


def test_a_part_of_another_url_is_discarded(site, transfer, part):
    """A partial file of another URL is not resumed."""
    part.write_bytes(b"something")
    transfer.file(site.put("/list", BODY), part)

    assert BODY == part.read_bytes()
    assert [None] == ranges(site)


def test_a_known_version_is_not_fetched(site, transfer, part):
    """A server without a newer version sends nothing."""
    url = site.put("/list", BODY)
    version = transfer.file(url, part)
    discard(part)

    assert transfer.file(url, part, unless=version) is None
    assert '"1"' == site.fields("If-None-Match")[1]


def test_redirects_are_followed(site, transfer, part):
    """A file may have moved to another URL."""
    site.put("/there", BODY)
    transfer.file(site.put("/list", b"", steps=["to /there"]), part)

    assert BODY == part.read_bytes()


def test_circular_redirects_are_reported(site, transfer, part):
    """The error about endless redirects has the URL."""
    url = site.put("/list", b"", steps=["to /list"] * 99)
    with pytest.raises(DownloadError, match=rf"{url} .*\[DOWNLOAD_FAILED\]"):
        transfer.file(url, part)


def test_a_key_goes_to_no_other_server(site, transfer, part):
    """Credentials are sent to the named server, and not to the target of a redirect."""
    with running("127.0.0.2") as other:
        other.put("/there", BODY)
        url = site.put("/list", b"", steps=[f"to {other.url}/there"])
        transfer.file(url, part, auth=("17", "secret"))

        assert site.fields("Authorization")[0].startswith("Basic ")
        assert [None] == other.fields("Authorization")


def test_an_unreachable_server_is_reported(transfer, part):
    """The error about a refused connection has the URL."""
    with pytest.raises(DownloadError, match=r"http://127.0.0.1:1/list .*refused"):
        transfer.file("http://127.0.0.1:1/list", part)


@pytest.mark.parametrize("url", ["ftp://example.com/list", "http://[nothing/list"])
def test_an_invalid_url_is_reported(transfer, part, url):
    """A URL that httpx cannot request is an error like the others."""
    with pytest.raises(DownloadError, match="DOWNLOAD_FAILED"):
        transfer.file(url, part)


def test_a_read_only_folder_is_reported(site, transfer, tmp_path):
    """The error names the file and the reason."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DownloadError, match=r"'.*/file/list.part' \((File exists|Not a directory)\)"):
        transfer.file(site.put("/list", BODY), tmp_path / "file/list.part")


def test_two_processes_do_not_fetch_the_same_file(site, transfer, part):
    """The second gets an error that names the other process, and changes nothing."""
    with part.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(DownloadError, match=r"another process.*\[DOWNLOAD_FAILED\]"):
            transfer.file(site.put("/list", BODY), part)

    assert [] == site.requests


def test_a_line_of_text_is_fetched(site, transfer):
    """Text is stripped, and limited to the length of a line."""
    assert "K2XYW" == transfer.text(site.put("/id", "K2XYW\n", steps=["503"]))
    assert 4096 == len(transfer.text(site.put("/page", "x" * 1_000_000)))


def test_the_user_agent_identifies_the_operator(site, part):
    """It has version and CONTACT, in ASCII."""
    values = {name: getattr(project, name) for name in dir(project) if name.isupper()}
    settings = BaseSettings(values | {"CONTACT": "https://example.org/crawler (Jörg)"})
    with Transfer.from_settings(settings) as transfer:
        transfer.file(site.put("/list", BODY), part)

    assert [f"ipv6matrix/{ipv6matrix.__version__} (https://example.org/crawler (J?rg))"] == site.fields("User-Agent")
    assert ["identity"] == site.fields("Accept-Encoding")
