"""Every test that runs a command or a server of its own is marked so, or `make test-fast` would be slow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from xdist.remote import Producer

from tests import tiers

TESTS = Path(__file__).parent
# What runs processes that take their time: module, and the names of it that do not.
HELPERS = {
    "tests.crawls": {"folders"},
    "tests.typed": {"ROOT"},
    "tests.deploy.units": {"DEPLOY", "STARTS_WITHIN_S", "UNITS", "command", "environment", "section", "wait_for"},
    "tests.flood": set(),
    "tests.scrapyd_server": {"ROOT"},
    "tests.mariadb": {"MariaDb", "missing", "program"},
    "tests.postgres": {"Postgres", "program"},
    "tools.killing": {"wrong_files", "copy", "Instant", "Outcome"},
}
# A Python of its own takes as long as a command.
PYTHON = "sys.executable"
CRAWLS = "from tests import crawls\n"


@dataclass(eq=False)
class Node:
    """A worker of xdist that records which tests it is to run."""

    gateway: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(id="gw"))
    given: list[int] = field(default_factory=list)
    shutting_down: bool = False

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices

    def shutdown(self) -> None:
        self.shutting_down = True


def test_tests_that_run_commands_are_marked() -> None:
    """Tests that reach a helper which starts processes have a marker, themselves or by their module."""
    files = sorted(TESTS.rglob("test_*.py"))

    assert [] == [f"{path.relative_to(TESTS)}: {test}" for path in files for test in unmarked(path.read_text())]


@pytest.mark.parametrize(
    "source",
    [
        CRAWLS + "def test_it():\n    crawls.crawl()",
        CRAWLS + "def helper():\n    return crawls.crawl()\ndef test_it():\n    assert helper()",
        CRAWLS + "@pytest.fixture\ndef crawled():\n    return crawls.crawl()\ndef test_it(crawled): pass",
        "from tests import typed\nrun = partial(typed.run, 'lists')\nasync def test_it(): run()",
        "from tests.typed import ROOT, run\ndef test_it(): run()",
        "def test_it(): subprocess.run([sys.executable, '-m', 'scrapy'])",
        "from tests.mariadb import running\n@pytest.mark.crash\ndef test_it():\n    with running(): pass",
    ],
)
def test_an_unmarked_test_is_found(source: str) -> None:
    """A test that runs a command directly, by a function, a fixture or a partial is a complaint."""
    assert ["test_it"] == list(unmarked(source))


@pytest.mark.parametrize(
    "source",
    [
        CRAWLS + "pytestmark = pytest.mark.crawl\ndef test_it():\n    crawls.crawl()",
        CRAWLS + "@pytest.mark.crawl\ndef test_it():\n    crawls.crawl()",
        CRAWLS + "def test_it():\n    crawls.folders()",
        CRAWLS + "@pytest.mark.crawl\ndef test_one():\n    crawls.crawl()\ndef test_it(): pass",
        "from tests.typed import ROOT\ndef test_it(): assert ROOT",
    ],
)
def test_a_marked_test_is_fine(source: str) -> None:
    """A test with a marker of its own or of its module, or without a command, leads to no complaint."""
    assert [] == list(unmarked(source))


@pytest.mark.parametrize(
    ("fixtures", "parameters", "expected"),
    [
        (["tmp_path"], {"name": "a"}, set()),
        (["page", "browser", "server_url"], {}, {"browser"}),
        (["new_url"], {"new_url": "mariadb"}, {"database"}),
        (["finished", "mariadb"], {}, {"crawl", "database"}),
    ],
)
def test_fixtures_imply_markers(fixtures: list[str], parameters: dict[str, object], expected: set[str]) -> None:
    """A browser, a database server and a finished crawl mark the tests that use them."""
    assert expected == tiers.implied(fixtures, parameters)


def test_markers_of_fixtures_are_added(request: pytest.FixtureRequest) -> None:
    """Every test of this session that uses such a fixture has its marker."""
    assert [] == [
        item.nodeid
        for item in request.session.items
        for fixture, tier in tiers.FIXTURES.items()
        if fixture in item.fixturenames and item.get_closest_marker(tier) is None
    ]


@pytest.mark.parametrize(("workers", "expected"), [(1, [["d"]]), (3, [["d"], ["a"], ["b"]])])
def test_the_first_worker_begins_at_the_end(workers: int, expected: list[list[str]]) -> None:
    """It runs what needs a processor, and the others crawls."""
    names = [f"tests/{file}.py::test_{number}" for file in "abcd" for number in range(3)]
    config = SimpleNamespace(
        getvalue=lambda _: ["popen"] * workers, option=SimpleNamespace(loadscopereorder=False), rootpath=TESTS.parent
    )
    scheduler = tiers.ByFile(config, Producer("test"))
    nodes = [Node() for _ in range(workers)]
    for node in nodes:
        scheduler.add_node(node)
        scheduler.add_node_collection(node, names)
    scheduler.schedule()

    assert expected == [[names[node.given[0]][6]] for node in nodes]
    assert [3] * workers == [len(node.given) for node in nodes]


def test_files_are_sorted_by_what_they_need() -> None:
    """What waits is first, tests of a browser last, and the short ones between them."""
    files = [{"internet", "slow"}, {"crawl", "database"}, {"tmp_path"}, {"database"}, {"browser", "slow"}]

    assert [0, 0, 1, 2, 3] == [tiers.place(file) for file in files]


def test_the_first_files_exist() -> None:
    """A file that was moved or deleted is not listed."""
    assert [] == [name for name in tiers.FIRST if not (TESTS / name).exists()]


# --- the rule ---


def unmarked(source: str) -> Iterator[str]:
    """Yield the tests of a module that reach a helper which starts processes, and have no marker."""
    tree = ast.parse(source)
    starting = {PYTHON, *_helpers(tree)}
    if not any(name in source for name in starting):
        return
    uses = {name: set(_names(node)) for node in tree.body for name in _defined(node)}
    if _marked(uses.get("pytestmark", set())):
        return
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            marks = {name for decorator in node.decorator_list for name in _names(decorator)}
            if _reached(node.name, uses) & starting and not _marked(marks):
                yield node.name


def _marked(names: set[str]) -> bool:
    return any(f"pytest.mark.{tier}" in names for tier in tiers.PLACES)


def _reached(name: str, uses: dict[str, set[str]]) -> set[str]:
    """Return every name that a function uses, by way of other functions, fixtures and constants of its module."""
    reached: set[str] = set()
    waiting = {name}
    while waiting:
        reached |= waiting
        waiting = set().union(*(uses.get(helper, set()) for helper in waiting)) - reached
    return reached


def _helpers(tree: ast.Module) -> Iterator[str]:
    """Yield the names, dotted where they are attributes of modules, by which this module can start processes."""
    for node in tree.body:
        if not isinstance(node, ast.ImportFrom):
            continue
        for alias in node.names:
            name = alias.asname or alias.name
            if (helper := f"{node.module}.{alias.name}") in HELPERS:
                yield from (part for part in set(_names(tree)) if _is_attribute(part, name, HELPERS[helper]))
            elif node.module in HELPERS and alias.name not in HELPERS[node.module]:
                yield name


def _is_attribute(dotted: str, module: str, harmless: set[str]) -> bool:
    base, _, rest = dotted.partition(".")
    return base == module and bool(rest) and rest.partition(".")[0] not in harmless


def _defined(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))


def _names(node: ast.AST) -> Iterator[str]:
    """Yield the names below a node, with their attributes, and the parameters, which may be fixtures."""
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Attribute):
            yield ast.unparse(part)
        elif isinstance(part, ast.arg):
            yield part.arg
