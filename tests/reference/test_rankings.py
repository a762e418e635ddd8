"""Lists of popular domains that are published."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from scrapy.settings import BaseSettings

from ipv6matrix import settings as project
from ipv6matrix.exceptions import DownloadError, DownloadStoppedError
from ipv6matrix.reference import sources
from ipv6matrix.reference.rankings import Rankings
from ipv6matrix.targets import lists
from tests.reference import published

DOMAINS = ["one.example", "two.example", "three.example"]
PAGE = "<!DOCTYPE html>\n<html><body>Down for maintenance</body></html>\n"


@pytest.fixture
def rankings(site, tmp_path):
    values = {name: getattr(project, name) for name in dir(project) if name.isupper()}
    with Rankings.from_settings(BaseSettings(values | published.settings(site, tmp_path))) as one:
        one._transfer._pause_s = 0
        yield one


def domains(source):
    return list(lists.read((Path(source.file),)))


def left(folder):
    """Name what lies in the folder of lists."""
    return sorted(file.name for file in (folder / "lists").iterdir())


def refused(rankings, name):
    with pytest.raises(DownloadError, match="DOWNLOAD_FAILED") as raised:
        rankings.update(name)
    return raised.value.message


def test_majestic_is_kept_with_its_date(site, rankings, tmp_path):
    """
    The file is the one that was served, under the day of Last-Modified.
    """
    url = site.put("/majestic.csv", published.majestic(DOMAINS))
    source = rankings.update("majestic")

    assert f"{tmp_path}/lists/majestic-2026-11-01.csv" == source.file
    assert ("majestic", url, "2026-11-01", None, 3) == (
        source.name,
        source.url,
        source.date,
        source.id,
        source.domains,
    )
    assert hashlib.sha256(published.majestic(DOMAINS).encode()).hexdigest() == source.sha256
    assert DOMAINS == domains(source)
    assert [".majestic-2026-11-01.json", "majestic-2026-11-01.csv"] == left(tmp_path)


def test_tranco_is_kept_with_its_id(site, rankings, tmp_path):
    """
    The file is unpacked, and named after the id by which Tranco knows it for good.
    """
    published.put_tranco(site, "K2XYW", DOMAINS)
    source = rankings.update("tranco")

    assert f"{tmp_path}/lists/tranco-K2XYW.csv" == source.file
    assert ("K2XYW", "2026-11-01", 3) == (source.id, source.date, source.domains)
    assert DOMAINS == domains(source)
    assert [".tranco-K2XYW.json", "tranco-K2XYW.csv"] == left(tmp_path)


def test_the_folder_can_be_read_as_a_list(site, rankings, tmp_path):
    """
    Notes and parts are hidden, so that the folder holds lists only.
    """
    published.put_tranco(site, "K2XYW", DOMAINS)
    rankings.update("tranco")

    assert (tmp_path / "lists/tranco-K2XYW.csv",) == lists.paths(str(tmp_path / "lists"))


def test_majestic_of_the_same_version_is_not_fetched_again(site, rankings):
    """
    The server is asked whether it has another one.
    """
    site.put("/majestic.csv", published.majestic(DOMAINS))
    first = rankings.update("majestic")

    assert first == rankings.update("majestic")
    assert [None, '"1"'] == site.fields("If-None-Match")


def test_tranco_of_the_same_id_is_not_fetched_again(site, rankings):
    """
    The id is all that is asked for.
    """
    published.put_tranco(site, "K2XYW", DOMAINS)
    first = rankings.update("tranco")

    assert first == rankings.update("tranco")
    assert 1 == site.paths.count("/tranco.zip")


def test_a_newer_list_is_kept_beside_the_older(site, rankings, tmp_path):
    """
    Nothing is overwritten: a crawl may still be on the older one.
    """
    published.put_tranco(site, "K2XYW", DOMAINS)
    first = rankings.update("tranco")
    published.put_tranco(site, "ZZ9Z9", [*DOMAINS, "four.example"], etag='"2"')
    second = rankings.update("tranco")

    assert DOMAINS == domains(first)
    assert 4 == len(domains(second))
    assert second == sources.newest(tmp_path / "lists", "tranco")


def test_two_lists_of_a_day_have_two_names(site, rankings):
    """
    Another list of the same date takes a number.
    """
    site.put("/majestic.csv", published.majestic(DOMAINS))
    first = rankings.update("majestic")
    site.put("/majestic.csv", published.majestic([*DOMAINS, "four.example"]), etag='"2"')
    second = rankings.update("majestic")

    assert ["majestic-2026-11-01.csv", "majestic-2026-11-01-2.csv"] == [Path(one.file).name for one in (first, second)]


def test_a_list_that_changes_while_it_is_fetched_is_fetched_again(site, rankings, monkeypatch):
    """
    The id is that of the list, though the day changed in between.
    """
    published.put_tranco(site, "K2XYW", DOMAINS)
    answers = iter(["K2XYW", "ZZ9Z9", "ZZ9Z9"])
    monkeypatch.setattr(rankings._transfer, "text", lambda _: next(answers))

    assert "ZZ9Z9" == rankings.update("tranco").id
    assert 2 == site.paths.count("/tranco.zip")


@pytest.mark.parametrize("steps", [["cut"], ["500", "cut", "503"], ["cut", "whole"], ["to /elsewhere"]])
def test_a_list_comes_whole_in_the_end(site, rankings, steps):
    """
    Cuts, servers that stumble and redirects do not change what is kept.
    """
    body = published.majestic(f"{number}.example" for number in range(5000))
    site.put("/elsewhere", body)
    site.put("/majestic.csv", body, steps=steps)

    assert 5000 == rankings.update("majestic").domains


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (PAGE, "web page"),
        ("", "nothing"),
        ("rank,site\n1,one.example\n", "'rank,site\\n'"),
        (published.HEADER + "\n", "'GlobalRank,"),
        (published.majestic(DOMAINS)[:-9], "truncated"),
        (published.majestic(["one.example"]), "LIST_MIN_DOMAINS=2"),
        (published.majestic(["no domain", "-", "one.example"]), "LIST_MIN_DOMAINS=2"),
    ],
)
def test_what_is_no_majestic_list_is_told(site, rankings, tmp_path, body, part):
    """
    The sentence says what came instead and what to do; nothing of it is kept.
    """
    url = site.put("/majestic.csv", body)
    message = refused(rankings, "majestic")

    assert url in message
    assert part in message
    assert "MAJESTIC_URL" in message
    assert [] == left(tmp_path)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (PAGE, "unreadable ZIP"),
        (b"", "unreadable ZIP"),
        (published.tranco(DOMAINS)[:-30], "unreadable ZIP"),
        (published.tranco(DOMAINS).replace(b"top-1m.csv", b"top-1m.txt"), "top-1m.txt"),
        (published.zipped({"a.csv": "1,a.example\n", "b.csv": "1,b.example\n"}), "a.csv, b.csv"),
        (published.zipped({"top-1m.csv": PAGE}), "web page"),
        (published.zipped({"top-1m.csv": "1,one.example\n2,two.exa"}), "truncated"),
    ],
)
def test_what_is_no_tranco_list_is_told(site, rankings, tmp_path, body, part):
    """
    A ZIP file that is corrupt, or of something else, is no list either.
    """
    site.put("/tranco-id", "K2XYW")
    site.put("/tranco.zip", body)
    message = refused(rankings, "tranco")

    assert part in message
    assert "TRANCO_URL" in message
    assert not list(tmp_path.glob("lists/*"))


def test_a_zip_file_with_a_flipped_bit_is_told(site, rankings, tmp_path):
    """
    Its checksum is looked at.
    """
    body = bytearray(published.tranco(f"{number}.example" for number in range(500)))
    body[200] ^= 4
    site.put("/tranco-id", "K2XYW")
    site.put("/tranco.zip", bytes(body))

    assert "unreadable ZIP" in refused(rankings, "tranco")
    assert [] == left(tmp_path)


def test_a_bad_download_is_not_gone_on_with(site, rankings):
    """
    After a page instead of the list, the list itself is fetched from its beginning.
    """
    site.put("/majestic.csv", PAGE)
    refused(rankings, "majestic")
    site.put("/majestic.csv", published.majestic(DOMAINS))

    assert DOMAINS == domains(rankings.update("majestic"))
    assert [None, None] == site.fields("Range")


@pytest.mark.parametrize("text", [PAGE, "", "../../etc", "x" * 17])
def test_an_id_that_is_none_is_told(site, rankings, text):
    """
    What the server of ids gives must be an id before it names a file.
    """
    site.put("/tranco-id", text)

    assert f"{site.url}/tranco-id (TRANCO_ID_URL)" in refused(rankings, "tranco")


def test_a_list_that_is_not_there_is_told_with_the_one_that_is_kept(site, rankings, tmp_path):
    """
    The sentence names the newest list that was fetched before.
    """
    site.put("/majestic.csv", published.majestic(DOMAINS))
    rankings.update("majestic")
    site.pages.clear()

    message = refused(rankings, "majestic")
    assert f"{site.url}/majestic.csv (404 Not Found)" in message
    assert f"-a domains={tmp_path}/lists/majestic-2026-11-01.csv" in message


def test_a_stop_is_no_fault_of_the_list(site, rankings):
    """
    Whoever stops a download is told how it goes on.
    """
    rankings._transfer._is_stopped = lambda: True
    site.put("/majestic.csv", published.majestic(DOMAINS))
    with pytest.raises(DownloadStoppedError, match="DOWNLOAD_STOPPED"):
        rankings.update("majestic")


def test_a_server_without_a_date_gives_the_day_it_was_fetched(site, rankings):
    """
    A list has a date whatever its server says, and is fetched anew each time.
    """
    site.put("/majestic.csv", published.majestic(DOMAINS), etag=None, modified=None)
    source = rankings.update("majestic")

    assert f"majestic-{source.date}.csv" == Path(source.file).name
    assert source.file == rankings.update("majestic").file


def test_the_note_says_where_a_list_came_from(site, rankings, tmp_path):
    """
    Beside the list lies a JSON object with its source.
    """
    url = site.put("/majestic.csv", published.majestic(DOMAINS))
    source = rankings.update("majestic")

    assert url == json.loads((tmp_path / "lists/.majestic-2026-11-01.json").read_text())["url"]
    assert source == sources.of(Path(source.file))
