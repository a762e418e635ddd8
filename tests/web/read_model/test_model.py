"""Queries of a read model."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, literal_column, select, text

from ipv6matrix.summaries.tables import DOMAINS
from ipv6matrix.web.read_model.model import DataVersion, ReadModel, TooSlowError
from tests.web.summaries import DATES, ROWS

ENDLESS = select(func.count()).select_from(text("range(1000000) one, range(1000000) two"))


def test_it_knows_its_crawls(model):
    """Crawls are in order of time."""
    assert DATES == model.version.dates
    assert {*DATES} == model.versions.keys()


def test_a_query_has_a_limit(model):
    """A slow query is interrupted; concurrent and later queries are not."""
    limited = ReadModel(model.file, 0.05)

    with pytest.raises(TooSlowError, match=r"longer than 0.05 s"):
        limited.rows(ENDLESS)
    assert [(1,)] == limited.rows(select(literal_column("1")))


def test_memory_has_a_limit(model, tmp_path):
    """A query that needs more memory is rejected."""
    # Connections of a process to the same file share their limits.
    limited = ReadModel(Path(shutil.copy(model.file, tmp_path)))
    limited._connection.execute("SET memory_limit = '2MB'; SET temp_directory = ''")

    with pytest.raises(TooSlowError, match="memory"):
        limited.rows(select(func.count()).select_from(text("(SELECT DISTINCT range || 'x' FROM range(9000000))")))


def test_batches_come_one_by_one(model):
    """Batches contain all rows in order."""
    query = select(DOMAINS.c.domain).where(DOMAINS.c.date == DATES[1]).order_by(DOMAINS.c.domain)
    names = [name for batch in model.batches(query) for name in batch.column(0).to_pylist()]

    assert sorted(row.domain for row in ROWS if getattr(row, "domain", "") and row.date == DATES[1]) == names


def test_entity_tags_tell_answers_apart():
    """The tag depends on path, form and data, without ambiguity between these parts."""
    now = dt.datetime.now(dt.UTC)
    first, second = DataVersion((), "one", now), DataVersion((), "two", now)

    tags = [
        first.etag("/a", "b"),
        first.etag("/ab", ""),
        first.etag("/a", "b", ""),
        second.etag("/a", "b"),
        first.etag("\udcff"),
    ]

    assert len(tags) == len(set(tags))
    assert all(tag.startswith('W/"') for tag in tags)


def test_a_page_asks_each_question_once(model, monkeypatch):
    """A page runs each query once, and another page runs it again."""
    asked, rows = [], ReadModel.rows
    monkeypatch.setattr(ReadModel, "rows", lambda model, query: asked.append(query) or rows(model, query))
    queries = [select(DOMAINS.c.domain).where(DOMAINS.c.date == date) for date in (*DATES, DATES[0])]
    for page in (model.for_one_page(), model.for_one_page()):
        results = [page.mappings(query) for query in queries]
        assert results[0] == results[-1] != results[1]

    assert 2 * len(DATES) == len(asked)
