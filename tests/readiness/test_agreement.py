"""The levels that commands, report, summary, website and API show of one crawl are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

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
from tests.web import client
from tests.web.v1.asking import ask, everything

pytestmark = pytest.mark.crawl

Counts = dict[str, tuple[int, int]]
"The domains of each level, certain and possible."


@pytest.fixture(scope="module")
def documents(finished) -> list[dict[str, Any]]:
    """What `check` would print of each domain of the crawl."""
    basis = readiness.basis(finished.store)
    domains = [readiness.domain(finished.store, domain.name) for domain in readiness.domains(finished.store)]
    return [document(judge(domain, basis), domain) for domain in domains]


@pytest.fixture(scope="module")
def varied(documents) -> list[dict[str, Any]]:
    """Those that show a level, a verdict or a reason that none before them shows."""
    shown: set[tuple[str, ...]] = set()
    chosen = []
    for entry in documents:
        if new := set(statements(entry)) - shown:
            shown |= new
            chosen.append(entry)
    return chosen


def statements(entry: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    yield (entry["level"]["text"],)
    for verdict in entry["services"]:
        yield verdict["service"], verdict["value"]
        for reason in verdict["reasons"]:
            yield verdict["service"], verdict["value"], reason["word"]


@pytest.fixture(scope="module")
def expected(documents) -> Counts:
    """The levels of all domains, counted."""
    levels = [entry["level"] for entry in documents]
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


@pytest.fixture(scope="module")
def app(target):
    """The website over the summary."""
    return client.create_app(target.summary_url)


async def test_the_api(app, documents, expected):
    """Counts, domains, and level, verdicts, reasons and advice of each domain are the same in the API."""
    async with client.over(app) as web:
        (counts,) = await everything(web, "/readiness")
        domains = {item["domain"]: item for item in await everything(web, "/readiness/domains?limit=1000")}
        answers = [await ask(web, f"/domains/{entry['domain']}/readiness") for entry in documents]

    names = {label: label.replace("+", "plus") for label in expected}
    assert expected == {label: (counts[f"certain_{name}"], counts[f"possible_{name}"]) for label, name in names.items()}
    for entry, answer in zip(documents, answers, strict=True):
        assert {name: value for name, value in entry.items() if name != "hosts"} == {
            name: answer[name] for name in entry if name != "hosts"
        }
        listed = domains.pop(entry["domain"])
        assert [listed[verdict["service"]] for verdict in entry["services"]] == [
            verdict["value"] for verdict in entry["services"]
        ]
        assert (entry["level"]["certain"], entry["level"]["possible"]) == (listed["certain"], listed["possible"])
    assert {} == domains


async def test_the_website(app, varied, expected):
    """The view has the same counts, and the page of a domain the same level, reasons and advice."""
    async with client.over(app) as web:
        view = Selector((await web.get("/readiness")).text)
        pages = {entry["domain"]: Selector((await web.get(f"/domain-{entry['domain']}")).text) for entry in varied}

    rows = view.xpath("//section[h2='Levels']//tbody/tr")
    numbers = {row.css("th::text").get(): tuple(map(int, row.css("td::text").getall()[:2])) for row in rows}
    assert expected == numbers
    for entry in varied:
        text = " ".join(pages[entry["domain"]].xpath("string(//main)").get().split())
        assert f"Level {entry['level']['text'].split(':')[0]} ({entry['level']['name']}" in text
        for reason in (reason for verdict in entry["services"] for reason in verdict["reasons"]):
            assert f"{reason['host']} {reason['text']}" in text
            assert " ".join(reason["advice"].replace("`", "").split()) in text


def counted(rows) -> Counts:
    certain, possible = Counter(bound for bound, _ in rows), Counter(bound for _, bound in rows)
    return {level.label: (certain[level], possible[level]) for level in Level}
