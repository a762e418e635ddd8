"""Comparing two databases of one crawl: whether one contains the other."""

from __future__ import annotations

import shutil

import pytest

from ipv6matrix.store.compare import contains
from ipv6matrix.store.database import Store
from tests.samples import domain_item


@pytest.fixture
def pair(tmp_path):
    """A closed database and a copy of it."""
    store = Store(tmp_path / "one.db")
    store.add_request("ping://192.0.2.1")
    store.complete(domain_item("a.example"))
    store.close()
    shutil.copy(tmp_path / "one.db", tmp_path / "other.db")
    return tmp_path / "one.db", tmp_path / "other.db"


def test_a_database_contains_its_copy(pair):
    """Records of a further start are not facts."""
    first, second = pair
    store = Store(second)
    record = {"run": "r", "version": "v", "settings": "{}", "list": "l", "list_sha256": "s", "resolver": "r"}
    store.record_crawl(**record, started_at=1, starts=2, skipped="{}")
    store.close()

    assert contains(first, second)
    assert contains(second, first)


@pytest.mark.parametrize(
    "more",
    [
        lambda store: store.complete(domain_item("b.example")),
        lambda store: store.add_request("ping://192.0.2.2"),
    ],
)
def test_an_additional_row_is_not_contained(pair, more):
    """One fact or request that only the other database has makes the difference."""
    first, second = pair
    store = Store(second)
    more(store)
    store.close()

    assert not contains(first, second)
    assert contains(second, first)


def test_another_file_contains_nothing(pair, tmp_path):
    """A file of the same name that is not a database, or has another schema, is not the same crawl."""
    (tmp_path / "text.db").write_text("no database\n" * 100)
    (tmp_path / "empty.db").touch()

    assert not contains(tmp_path / "text.db", pair[0])
    assert not contains(tmp_path / "empty.db", pair[0])
