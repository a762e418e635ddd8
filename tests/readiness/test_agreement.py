"""The levels that commands, report and summary show of one crawl of the simulated Internet are the same."""

from __future__ import annotations

from collections import Counter

import pytest
from parsel import Selector
from sqlalchemy import func, select

from ipv6matrix.exporters import readiness as csv
from ipv6matrix.exporters import report, summary
from ipv6matrix.exporters.registry import Target
from ipv6matrix.readiness.documents import document
from ipv6matrix.readiness.levels import Level, judge
from ipv6matrix.store.queries import readiness
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.tables import READINESS, READINESS_BASIS, READINESS_COUNTS
from tests import typed

pytestmark = pytest.mark.crawl

Counts = dict[str, tuple[int, int]]
"The domains of each level, certain and possible."


@pytest.fixture(scope="module")
def expected(finished) -> Counts:
    """What `check` would print of each domain of the crawl, counted."""
    basis, levels = readiness.basis(finished.store), []
    for domain in readiness.domains(finished.store):
        one = readiness.domain(finished.store, domain.name)
        levels.append(document(judge(one, basis), one)["level"])
    certain, possible = (Counter(level[bound] for level in levels) for bound in ("certain", "possible"))
    return {level.label: (certain[level.label], possible[level.label]) for level in Level}


@pytest.fixture(scope="module")
def target(finished, tmp_path_factory) -> Target:
    """The crawl, exported to all that shows levels."""
    folder = tmp_path_factory.mktemp("agreement")
    made = Target(output_dir=folder, summary_url=f"sqlite:///{folder / 'matrix.db'}")
    for exporter in (summary, report, csv):
        exporter.export(finished.store, made)
    return made


def test_levels_differ(expected):
    """Bounds differ and several levels occur, so that a mistake shows."""
    assert sum(certain > 0 for certain, _ in expected.values()) >= 4
    assert sum(certain != possible for certain, possible in expected.values()) >= 4


def test_the_command_summary(finished, expected):
    """`scrapy summary` prints the same numbers."""
    ended = typed.run("summary", finished.path)

    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in ended.stdout.splitlines()]
    rows = {row[0]: row[2:] for row in cells if len(row) == 4}
    assert {label: list(map(str, numbers)) for label, numbers in expected.items()} == rows


def test_the_summary_tables(expected, target):
    """Counts of all countries and TLDs, and the rows of domains, add up to the same numbers."""
    with Database(target.summary_url) as database, database.read() as connection:
        sums = func.sum(READINESS_COUNTS.c.certain), func.sum(READINESS_COUNTS.c.possible)
        query = select(READINESS_COUNTS.c.level, *sums).group_by(READINESS_COUNTS.c.level)
        counts = {Level(level).label: (certain, possible) for level, certain, possible in connection.execute(query)}
        rows = connection.execute(select(READINESS.c.certain, READINESS.c.possible)).all()
        (domains,) = connection.scalars(select(READINESS_BASIS.c.domains)).all()

    assert expected == {label: counts.get(label, (0, 0)) for label in expected}
    assert expected == counted(rows)
    assert domains == len(rows) == sum(certain for certain, _ in expected.values())


def test_the_report(expected, target):
    """The chapter about levels has the same numbers."""
    (path,) = target.output_dir.glob("report-*.html")
    rows = Selector(path.read_text("utf-8")).css("section#levels tbody tr")

    cells = [row.css("td::text").getall() for row in rows]
    assert expected == {row[0]: (int(row[2]), int(row[5])) for row in cells}


def test_the_csv_file(expected, target):
    """Its rows have the same levels."""
    (path,) = target.output_dir.glob("readiness-*.csv")
    columns = path.read_text("utf-8").splitlines()
    certain, possible = (columns[0].split(",").index(name) for name in ("certain", "possible"))

    rows = [line.split(",") for line in columns[1:]]
    assert expected == counted([(int(row[certain]), int(row[possible])) for row in rows])


def counted(rows) -> Counts:
    certain, possible = Counter(one for one, _ in rows), Counter(one for _, one in rows)
    return {level.label: (certain[level], possible[level]) for level in Level}
