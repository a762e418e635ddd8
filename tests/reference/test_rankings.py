"""Published lists of popular domains."""

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
    with Rankings.from_settings(BaseSettings(values | published.settings(site, tmp_path))) as opened:
        opened._transfer._pause_s = 0
        yield opened


def domains(source):
    return list(lists.read((Path(source.file),)))


def left(folder):
    """Return the names of the files in the folder of lists."""
    return sorted(file.name for file in (folder / "lists").iterdir())


def refused(rankings, name):
    with pytest.raises(DownloadError, match="DOWNLOAD_FAILED") as raised:
        rankings.update(name)
    return raised.value.message


def test_majestic_is_stored_with_its_date(site, rankings, tmp_path):
    """The file is unchanged, and named after the day of Last-Modified."""
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


def test_tranco_is_stored_with_its_id(site, rankings, tmp_path):
    """The file is unpacked, and named after its permanent Tranco id."""
    published.put_tranco(site, "K2XYW", DOMAINS)
    source = rankings.update("tranco")

    assert f"{tmp_path}/lists/tranco-K2XYW.csv" == source.file
    assert ("K2XYW", "2026-11-01", 3) == (source.id, source.date, source.domains)
    assert DOMAINS == domains(source)
    assert [".tranco-K2XYW.json", "tranco-K2XYW.csv"] == left(tmp_path)


def test_the_folder_can_be_read_as_a_list(site, rankings, tmp_path):
    """Metadata and partial files are hidden, so that the folder contains only lists."""
    published.put_tranco(site, "K2XYW", DOMAINS)
    rankings.update("tranco")

    assert (tmp_path / "lists/tranco-K2XYW.csv",) == lists.paths(str(tmp_path / "lists"))


def test_an_unchanged_majestic_list_is_not_fetched_again(site, rankings):
    """The request is conditional."""
    site.put("/majestic.csv", published.majestic(DOMAINS))
    first = rankings.update("majestic")

    assert first == rankings.update("majestic")
    assert [None, '"1"'] == site.fields("If-None-Match")


def test_an_unchanged_tranco_list_is_not_fetched_again(site, rankings):
    """Only the id is requested."""
    published.put_tranco(site, "K2XYW", DOMAINS)
    first = rankings.update("tranco")

    assert first == rankings.update("tranco")
    assert 1 == site.paths.count("/tranco.zip")


def test_a_newer_list_does_not_replace_the_older_one(site, rankings, tmp_path):
    """Nothing is overwritten: a crawl may still use the older list."""
    published.put_tranco(site, "K2XYW", DOMAINS)
    first = rankings.update("tranco")
    published.put_tranco(site, "ZZ9Z9", [*DOMAINS, "four.example"], etag='"2"')
    second = rankings.update("tranco")

    assert DOMAINS == domains(first)
    assert 4 == len(domains(second))
    assert second == sources.newest(tmp_path / "lists", "tranco")


def test_two_lists_of_a_day_have_two_names(site, rankings):
    """Another list of the same date gets a number."""
    site.put("/majestic.csv", published.majestic(DOMAINS))
    first = rankings.update("majestic")
    site.put("/majestic.csv", published.majestic([*DOMAINS, "four.example"]), etag='"2"')
    second = rankings.update("majestic")

    assert ["majestic-2026-11-01.csv", "majestic-2026-11-01-2.csv"] == [
        Path(source.file).name for source in (first, second)
    ]


def test_a_list_that_changes_during_the_download_is_fetched_again(site, rankings, monkeypatch):
    """The id is that of the list, although the day changed in between."""
    published.put_tranco(site, "K2XYW", DOMAINS)
    answers = iter(["K2XYW", "ZZ9Z9", "ZZ9Z9"])
    monkeypatch.setattr(rankings._transfer, "text", lambda _: next(answers))

    assert "ZZ9Z9" == rankings.update("tranco").id
    assert 2 == site.paths.count("/tranco.zip")


@pytest.mark.parametrize("steps", [["cut"], ["500", "cut", "503"], ["cut", "whole"], ["to /elsewhere"]])
def test_a_download_recovers_from_failures(site, rankings, steps):
    """Cut connections, server errors and redirects do not change the result."""
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
def test_an_invalid_majestic_list_is_reported(site, rankings, tmp_path, body, part):
    """The error says what was received and how to fix it; nothing of it is stored."""
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
def test_an_invalid_tranco_list_is_reported(site, rankings, tmp_path, body, part):
    """A corrupt ZIP file, or one with other contents, is not a list."""
    site.put("/tranco-id", "K2XYW")
    site.put("/tranco.zip", body)
    message = refused(rankings, "tranco")

    assert part in message
    assert "TRANCO_URL" in message
    assert not list(tmp_path.glob("lists/*"))


def test_a_zip_file_with_a_flipped_bit_is_reported(site, rankings, tmp_path):
    """Its checksum is verified."""
    body = bytearray(published.tranco(f"{number}.example" for number in range(500)))
    body[200] ^= 4
    site.put("/tranco-id", "K2XYW")
    site.put("/tranco.zip", bytes(body))

    assert "unreadable ZIP" in refused(rankings, "tranco")
    assert [] == left(tmp_path)


def test_an_invalid_download_is_not_resumed(site, rankings):
    """After an HTML page instead of the list, the list itself is fetched from the beginning."""
    site.put("/majestic.csv", PAGE)
    refused(rankings, "majestic")
    site.put("/majestic.csv", published.majestic(DOMAINS))

    assert DOMAINS == domains(rankings.update("majestic"))
    assert [None, None] == site.fields("Range")


@pytest.mark.parametrize("text", [PAGE, "", "../../etc", "x" * 17])
def test_an_invalid_id_is_reported(site, rankings, text):
    """The id from the server must be valid before it becomes a file name."""
    site.put("/tranco-id", text)

    assert f"{site.url}/tranco-id (TRANCO_ID_URL)" in refused(rankings, "tranco")


def test_a_missing_list_is_reported_with_the_stored_one(site, rankings, tmp_path):
    """The error names the newest list that was fetched before."""
    site.put("/majestic.csv", published.majestic(DOMAINS))
    rankings.update("majestic")
    site.pages.clear()

    message = refused(rankings, "majestic")
    assert f"{site.url}/majestic.csv (404 Not Found)" in message
    assert f"-a domains={tmp_path}/lists/majestic-2026-11-01.csv" in message


def test_a_stop_is_not_blamed_on_the_list(site, rankings):
    """The error about a stopped download says how to continue."""
    rankings._transfer._is_stopped = lambda: True
    site.put("/majestic.csv", published.majestic(DOMAINS))
    with pytest.raises(DownloadStoppedError, match="DOWNLOAD_STOPPED"):
        rankings.update("majestic")


def test_without_a_date_the_day_of_the_download_is_used(site, rankings):
    """Such a list has a date nevertheless, and is fetched every time."""
    site.put("/majestic.csv", published.majestic(DOMAINS), etag=None, modified=None)
    source = rankings.update("majestic")

    assert f"majestic-{source.date}.csv" == Path(source.file).name
    assert source.file == rankings.update("majestic").file


def test_the_metadata_has_the_source_of_a_list(site, rankings, tmp_path):
    """A JSON object with the source is stored next to the list."""
    url = site.put("/majestic.csv", published.majestic(DOMAINS))
    source = rankings.update("majestic")

    assert url == json.loads((tmp_path / "lists/.majestic-2026-11-01.json").read_text())["url"]
    assert source == sources.of(Path(source.file))
