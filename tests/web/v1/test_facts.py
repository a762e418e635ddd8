"""Facts from the newest finished crawl."""

from __future__ import annotations

import json
import logging

import pytest

from ipv6matrix.store.database import Store
from ipv6matrix.store.newest import newest
from tests.samples import domain_item
from tests.web import client
from tests.web.v1.asking import ask
from tools import made_up


@pytest.fixture
def folder(tmp_path):
    """A folder of two finished crawls; the newer one has a domain that the summaries also have."""
    made_up.make(tmp_path / "ips-2024-05-06__07-08-09.db", 3)
    store = Store(tmp_path / "ips-2023-01-01__00-00-00.db")
    store.complete(domain_item("older.example"))
    store.close()
    store = Store(tmp_path / "ips-2024-05-06__07-08-09.db")
    store.complete(domain_item("once.com"))
    store.close()
    return tmp_path


def test_the_newest_is_taken(folder, tmp_path_factory):
    """The start in the name of a file selects the newest; other files are ignored."""
    (folder / "ips.db").touch()

    assert "ips-2024-05-06__07-08-09.db" == newest(folder).name
    assert newest(tmp_path_factory.mktemp("empty")) is None
    assert newest(folder / "nowhere") is None


async def test_a_domain_has_all_facts(sqlite_url, folder):
    """A domain has the facts of the newest crawl, next to the figures of all crawls."""
    async with client.of(sqlite_url, folder) as web:
        answer = await ask(web, "/domains/once.com")

    assert ("found", "once.com") == (answer["facts_status"], answer["facts"]["name"])
    assert 1 == len(answer["crawls"])


async def test_facts_alone_are_enough(sqlite_url, folder):
    """A crawl is found before its summary is published."""
    store = Store.read(folder / "ips-2024-05-06__07-08-09.db")
    (name, *_) = [row[0] for row in store.query("SELECT name FROM domains ORDER BY id")]
    store.close()
    async with client.of(sqlite_url, folder) as web:
        answer = await ask(web, f"/domains/{name}")

    assert ([], "found") == (answer["crawls"], answer["facts_status"])
    pings = [
        address["pings"] for host in answer["facts"]["hosts"] for address in host["addresses"] if "pings" in address
    ]
    assert any(ping["rtts_ms"] for ping in pings)
    assert "NaN" not in json.dumps(answer)


@pytest.mark.parametrize(
    ("damage", "status"),
    [
        (lambda path: None, "not_in_crawl"),
        (lambda path: path.write_text("no database " * 99), "unreadable"),
        (lambda path: [file.unlink() for file in path.parent.glob("ips-*")], "no_file"),
    ],
)
async def test_why_there_are_none_is_said(sqlite_url, folder, caplog, damage, status):
    """An unreadable file is reported as such, not as an absence; the figures remain available."""
    caplog.set_level(logging.WARNING)
    damage(folder / "ips-2024-05-06__07-08-09.db")
    async with client.of(sqlite_url, folder) as web:
        answer = await ask(web, "/domains/a_b.de")

    assert (status, None, 3) == (answer["facts_status"], answer["facts"], len(answer["crawls"]))
    assert (status == "unreadable") == ("Cannot read" in caplog.text)


async def test_a_new_file_is_a_new_answer(sqlite_url, folder):
    """The tag of an answer changes with its facts."""
    async with client.of(sqlite_url, folder) as web:
        etag = (await web.get("/api/v1/domains/once.com")).headers["etag"]
        (folder / "ips-2024-05-06__07-08-09.db").unlink()
        again = await web.get("/api/v1/domains/once.com", headers={"If-None-Match": etag})

    assert (200, "not_in_crawl") == (again.status_code, again.json()["facts_status"])
