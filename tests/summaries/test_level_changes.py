"""Domains that gained or lost a level between two crawls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert

from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.level_changes import changes, comparable
from ipv6matrix.summaries.publication import publish
from ipv6matrix.summaries.rows import Readiness, ReadinessBasis
from ipv6matrix.summaries.tables import READINESS, READINESS_BASIS, READINESS_METADATA
from ipv6matrix.web.read_model.build import build
from ipv6matrix.web.read_model.model import ReadModel
from tests.summaries.sample_rows import DATE, LATER, levels

Bounds = tuple[int, int]
_LEVEL = st.integers(0, 6)
_BOUNDS = st.tuples(_LEVEL, _LEVEL).map(sorted).map(tuple)
_DOMAINS = st.dictionaries(st.sampled_from("abcdefgh"), _BOUNDS)


@pytest.fixture(scope="module")
def connection():
    """A connection to a database with empty tables."""
    engine = sqlalchemy.create_engine("sqlite://")
    with engine.begin() as opened:
        READINESS_METADATA.create_all(opened)
        yield opened
    engine.dispose()


def row(domain: str, bounds: Bounds, date=DATE, tag: str = "") -> Readiness:
    first = next(made for made in levels(date, 1, tag) if isinstance(made, Readiness))
    return replace(first, domain=domain, certain=bounds[0], possible=bounds[1])


def write(connection, *rows) -> None:
    for table, kind in ((READINESS, Readiness), (READINESS_BASIS, ReadinessBasis)):
        connection.execute(delete(table))
        if values := [
            {name: getattr(table_row, name) for name in table_row.__slots__}
            for table_row in rows
            if isinstance(table_row, kind)
        ]:
            connection.execute(insert(table), values)


def basis(date, **facts) -> ReadinessBasis:
    return replace(ReadinessBasis(date=date, tag="", version=1, basis="MX,NS", domains=1), **facts)


def changed(connection, before: Mapping[str, Bounds], now: Mapping[str, Bounds]) -> dict[str, str]:
    rows = [row(name, bounds, date) for date, of in ((DATE, before), (LATER, now)) for name, bounds in of.items()]
    write(connection, *rows, basis(DATE), basis(LATER))
    return {level_change.domain: level_change.change for level_change in connection.execute(changes(DATE, LATER))}


@settings(deadline=None)
@given(_DOMAINS, _DOMAINS)
def test_a_level_has_changed_if_both_bounds_moved_the_same_way(connection, before, now):
    """A domain that only one crawl has, and one of which only more or less became known, are not among them."""
    expected = {}
    for name in before.keys() & now.keys():
        moves = {(new > old) - (new < old) for old, new in zip(before[name], now[name], strict=True)}
        if moves in ({1}, {-1}):
            expected[name] = "gained" if moves == {1} else "lost"

    assert expected == changed(connection, before, now)


@settings(deadline=None)
@given(_DOMAINS, _DOMAINS)
def test_what_one_way_gained_the_other_way_lost(connection, before, now):
    """Exchanging the crawls exchanges the words; a crawl does not differ from itself."""
    other = {"gained": "lost", "lost": "gained"}

    assert changed(connection, before, now) == {
        name: other[word] for name, word in changed(connection, now, before).items()
    }
    assert {} == changed(connection, before, before)


@settings(deadline=None)
@given(_DOMAINS, st.data())
def test_knowing_more_is_no_change(connection, before, data):
    """Bounds within the earlier ones, or around them, show no change."""
    narrower = {
        name: tuple(sorted(data.draw(st.tuples(*[st.integers(certain, possible)] * 2))))
        for name, (certain, possible) in before.items()
    }

    assert {} == changed(connection, before, narrower) == changed(connection, narrower, before)


@settings(deadline=None)
@given(_DOMAINS, _DOMAINS)
def test_levels_that_cannot_be_equal_are_a_change(connection, before, now):
    """If the bounds of a domain have no level in common, it has gained or lost."""
    apart = {name for name in before.keys() & now.keys() if before[name][1] < now[name][0]}

    actual = changed(connection, before, now)

    assert dict.fromkeys(apart, "gained") == {name: actual.get(name) for name in apart}


@pytest.mark.parametrize("facts", [{"version": 2}, {"basis": "MX"}, {"tag": "cities"}])
def test_crawls_that_differ_are_not_compared(connection, facts):
    """With other rules, another basis or another list, no level has changed."""
    rows = row("a", (0, 0)), row("a", (5, 5), LATER)
    write(connection, *rows, basis(DATE), basis(LATER, **facts))

    assert [] == connection.execute(changes(DATE, LATER)).all()
    assert [DATE] == connection.scalars(comparable(DATE)).all()


def test_a_list_with_a_tag_is_compared_with_itself(connection):
    """The main list of the same dates has no part in it."""
    dates = (DATE, (3, 3)), (LATER, (2, 2))
    rows = [row("a", bounds, date, "cities") for date, bounds in dates]
    rows += [row("a", (0, level), date) for level, (date, _) in enumerate(dates)]
    bases = [basis(date, tag=tag) for date in (DATE, LATER) for tag in ("", "cities")]
    write(connection, *rows, *bases)

    assert [("a", "lost", 3, 3, 2, 2)] == [
        (
            level_change.domain,
            level_change.change,
            level_change.certain_before,
            level_change.possible_before,
            level_change.certain,
            level_change.possible,
        )
        for level_change in connection.execute(changes(DATE, LATER, "cities"))
    ]
    assert [DATE, LATER] == connection.scalars(comparable(LATER, "cities")).all()


def test_a_read_model_answers_the_same(tmp_path):
    """The queries run in DuckDB as well."""
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    with Database(url) as database:
        for date, bounds in ((DATE, (1, 2)), (LATER, (3, 3))):
            publish(database, date, [row("a.example", bounds, date, "cities"), basis(date, tag="cities")], tag="cities")
    model = ReadModel(build(url, tmp_path / "models"))

    ((domain, *_, change, certain_before, possible_before, certain, possible),) = model.rows(
        changes(DATE, LATER, "cities")
    )

    assert ("a.example", "gained", 1, 2, 3, 3) == (domain, change, certain_before, possible_before, certain, possible)
    assert [DATE, LATER] == model.scalars(comparable(DATE, "cities"))
