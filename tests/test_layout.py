"""
Import rules, the mirror of modules and tests, and the names in ARCHITECTURE.md.

Each rule is a function over text or names that returns a list of complaints, so
that a test can pass it a fault.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PACKAGE = "ipv6matrix"
# Settings contain no logic, and __main__ only calls the command, so there is nothing to test in them.
UNTESTED = ("__init__.py", "__main__.py", "settings.py")


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """What the modules under a dotted prefix must not import, or the only modules of the project that it may import."""

    under: str
    never: tuple[str, ...] = ()
    of_ours_only: tuple[str, ...] | None = None


ARROWS = (
    Arrow(under="ipv6matrix", never=("ipv6matrix.settings",)),
    Arrow(under="ipv6matrix.items", of_ours_only=("ipv6matrix.items",)),
    Arrow(
        under="ipv6matrix.targets.policy",
        never=("scrapy", "socket"),
        of_ours_only=(
            "ipv6matrix.addresses",
            "ipv6matrix.items",
            "ipv6matrix.targets.allocations",
            "ipv6matrix.targets.embedded",
        ),
    ),
    Arrow(under="ipv6matrix.targets.embedded", of_ours_only=()),
    Arrow(
        under="ipv6matrix.targets.names",
        never=("scrapy", "socket"),
        of_ours_only=("ipv6matrix.addresses", "ipv6matrix.targets.lists"),
    ),
    Arrow(under="ipv6matrix.addresses", never=("scrapy", "socket"), of_ours_only=()),
    Arrow(
        under="ipv6matrix.probes",
        never=("scrapy", "twisted"),
        of_ours_only=("ipv6matrix.addresses", "ipv6matrix.items", "ipv6matrix.exceptions", "ipv6matrix.probes"),
    ),
    Arrow(
        under="ipv6matrix.health",
        never=("scrapy", "twisted"),
        of_ours_only=("ipv6matrix.items", "ipv6matrix.probes", "ipv6matrix.health"),
    ),
    Arrow(
        under="ipv6matrix.measurements",
        never=("scrapy", "twisted", "socket", "asyncio"),
        of_ours_only=(
            "ipv6matrix.addresses",
            "ipv6matrix.config.nameservers",
            "ipv6matrix.config.plan",
            "ipv6matrix.items",
            "ipv6matrix.measurements",
            "ipv6matrix.targets",
            "ipv6matrix.turns",
        ),
    ),
    Arrow(
        under="ipv6matrix.handlers",
        never=("ipv6matrix.store", "ipv6matrix.spiders", "ipv6matrix.pipelines", "ipv6matrix.middlewares", "socket"),
    ),
    Arrow(
        under="ipv6matrix.spiders",
        never=(
            "ipv6matrix.store",
            "ipv6matrix.probes",
            "ipv6matrix.handlers",
            "ipv6matrix.extensions",
            "socket",
            "asyncio",
        ),
    ),
    Arrow(
        under="ipv6matrix.middlewares",
        never=("ipv6matrix.probes", "ipv6matrix.handlers", "ipv6matrix.spiders", "socket"),
    ),
    Arrow(
        under="ipv6matrix.pipelines", never=("ipv6matrix.probes", "ipv6matrix.handlers", "ipv6matrix.spiders", "socket")
    ),
    Arrow(
        under="ipv6matrix.store",
        never=("scrapy", "twisted", "socket"),
        of_ours_only=(
            "ipv6matrix.exceptions",
            "ipv6matrix.items",
            "ipv6matrix.program",
            "ipv6matrix.measurements",
            "ipv6matrix.readiness.facts",
            "ipv6matrix.targets.policy",
            "ipv6matrix.store",
        ),
    ),
    Arrow(under="ipv6matrix.charts", never=("scrapy", "twisted", "sqlalchemy"), of_ours_only=("ipv6matrix.charts",)),
    Arrow(
        under="ipv6matrix.readiness",
        never=("scrapy", "twisted", "socket"),
        of_ours_only=("ipv6matrix.items", "ipv6matrix.targets.policy", "ipv6matrix.readiness"),
    ),
    *(
        Arrow(
            under=f"ipv6matrix.frontier.{module}",
            never=("scrapy", "twisted", "socket"),
            of_ours_only=(
                "ipv6matrix.items",
                "ipv6matrix.urls",
                "ipv6matrix.measurements",
                "ipv6matrix.store.database",
                "ipv6matrix.frontier",
            ),
        )
        for module in ("base", "backpressure", "slots", "sqlite")
    ),
    Arrow(under="ipv6matrix.exporters", never=("scrapy", "twisted")),
    Arrow(
        under="ipv6matrix.summaries",
        never=("scrapy", "twisted"),
        of_ours_only=(
            "ipv6matrix.exceptions",
            "ipv6matrix.program",
            "ipv6matrix.readiness",
            "ipv6matrix.store",
            "ipv6matrix.summaries",
        ),
    ),
    Arrow(under="ipv6matrix.importers", never=("scrapy", "twisted", "socket")),
    Arrow(under="ipv6matrix.web", never=("scrapy", "twisted")),
)
# Any other importer of sqlite3 would depend on the internals of the store.
ONLY_THE_STORE = "sqlite3"


def test_imports_follow_the_arrows(imports: dict[str, set[str]]) -> None:
    """No module imports what its kind must not know."""
    assert [] == strays(imports)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("ipv6matrix.probes.fake", "import scrapy"),
        ("ipv6matrix.probes.fake", "from ipv6matrix import urls"),
        ("ipv6matrix.probes.fake", "def late():\n    from ipv6matrix.store.database import Store"),
        ("ipv6matrix.spiders.fake", "from ipv6matrix.store import database"),
        ("ipv6matrix.spiders.fake", "import socket"),
        ("ipv6matrix.handlers.fake", "from ipv6matrix.store.database import Store"),
        ("ipv6matrix.pipelines.fake", "from socket import create_connection"),
        ("ipv6matrix.middlewares.fake", "import ipv6matrix.probes.dns"),
        ("ipv6matrix.store.fake", "from scrapy import Request"),
        ("ipv6matrix.exporters.fake", "from scrapy import signals"),
        ("ipv6matrix.frontier.sqlite", "from scrapy import Request"),
        ("ipv6matrix.frontier.slots", "from ipv6matrix import context"),
        ("ipv6matrix.health.fake", "from scrapy import Request"),
        ("ipv6matrix.measurements.fake", "from scrapy import Request"),
        ("ipv6matrix.measurements.fake", "from ipv6matrix.store.database import Store"),
        ("ipv6matrix.importers.fake", "import scrapy"),
        ("ipv6matrix.readiness.fake", "from ipv6matrix.store import database"),
        ("ipv6matrix.summaries.fake", "from scrapy import Request"),
        ("ipv6matrix.summaries.fake", "from ipv6matrix.exporters import registry"),
        ("ipv6matrix.web.fake", "import twisted.web"),
        ("ipv6matrix.charts.fake", "from ipv6matrix.web import sums"),
        ("ipv6matrix.targets.lists", "from ipv6matrix import settings"),
        ("ipv6matrix.targets.lists", "from ..settings import PING_COUNT"),
        ("ipv6matrix.extensions.fake", "import sqlite3"),
        ("ipv6matrix.items", "from ipv6matrix import urls"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    """An import against an arrow, in any form, is a complaint that names module and import."""
    (complaint,) = strays({module: imports_of(module, source)})

    assert complaint.startswith(f"{module} imports ")


def test_there_are_no_import_cycles(imports: dict[str, set[str]]) -> None:
    """The imports of the package form no cycle."""
    assert [] == circles(imports)


def test_an_import_cycle_is_found(imports: dict[str, set[str]]) -> None:
    """Two modules that import each other are reported."""
    forth = imports_of("ipv6matrix.targets.lists", "from ipv6matrix.config import plan")
    back = imports_of("ipv6matrix.config.plan", "import ipv6matrix.targets.lists")

    assert 1 == len(circles(imports | {"ipv6matrix.targets.lists": forth, "ipv6matrix.config.plan": back}))


def test_the_architecture_is_complete(architecture: str) -> None:
    """ARCHITECTURE.md names every module and folder at the top of the package."""
    assert [] == unnamed(architecture, top_level())


def test_a_missing_folder_is_found(architecture: str) -> None:
    """A new folder that is missing from ARCHITECTURE.md is reported."""
    assert ["novelty/"] == unnamed(architecture, [*top_level(), "novelty/"])


def test_the_architecture_names_only_existing_files(architecture: str) -> None:
    """Every module, folder and file that ARCHITECTURE.md names exists."""
    assert [] == ghosts(architecture, PROJECT)


@pytest.mark.parametrize("ghost", ["ghosts.py", "spiders/ghost.py", "ghosts/", "docs/ghost.md"])
def test_a_name_without_a_file_is_found(architecture: str, ghost: str) -> None:
    """A name in ARCHITECTURE.md without a file is reported."""
    assert [ghost] == ghosts(f"{architecture}\nSee `{ghost}`.", PROJECT)


def test_the_architecture_is_one_page(architecture: str) -> None:
    """ARCHITECTURE.md stays short enough to be read in one go."""
    assert len(architecture.splitlines()) <= 120


# --- the rules ---


def strays(imports: Mapping[str, set[str]]) -> list[str]:
    """Return a complaint for each import against an arrow."""
    return [
        f"{module} imports {imported}"
        for module, all_imported in sorted(imports.items())
        for imported in sorted(all_imported)
        if any(_breaks(arrow, module, imported) for arrow in ARROWS)
        or (_within(imported, ONLY_THE_STORE) and not _within(module, f"{PACKAGE}.store"))
    ]


def _breaks(arrow: Arrow, module: str, imported: str) -> bool:
    if not _within(module, arrow.under):
        return False
    if any(_within(imported, prefix) for prefix in arrow.never):
        return True
    # The package itself contains only its version.
    ours = _within(imported, PACKAGE) and imported != PACKAGE
    if not ours or arrow.of_ours_only is None:
        return False
    return not any(_within(imported, prefix) for prefix in arrow.of_ours_only)


def _within(module: str, prefix: str) -> bool:
    return module == prefix or module.startswith(f"{prefix}.")


def circles(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the first import cycle, if there is one."""
    ours = set(imports) - {PACKAGE}
    graph = {module: imported & ours for module, imported in imports.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" -> ".join(error.args[1])]
    return []


def imports_of(module: str, source: str) -> set[str]:
    """Return the modules that a module imports, at its top or anywhere within."""
    return set(_imports(module, source, package_modules()))


def _imports(module: str, source: str, known: Collection[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node)
            for alias in node.names:
                member = f"{base}.{alias.name}"
                yield member if member in known else base


def _base(module: str, node: ast.ImportFrom) -> str:
    """Return the origin of an import; a relative one counts dots from its own module."""
    above = module.split(".")[: -node.level] if node.level else []
    return ".".join([*above, *filter(None, [node.module])])


def unnamed(architecture: str, names: Iterable[str]) -> list[str]:
    """Return the names that a text does not mention as code."""
    return [name for name in names if name not in _spans(architecture)]


def ghosts(architecture: str, project: Path) -> list[str]:
    """Return the paths, of the project or of the package, that a text names and that do not exist."""
    paths = [span for span in _spans(architecture) if re.fullmatch(r"[\w.-]+/|[\w./-]+\.(py|md|csv|txt|cfg)", span)]
    return [path for path in paths if not any((base / path).exists() for base in (project, project / PACKAGE))]


def _spans(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


# --- existing files ---


@pytest.fixture(scope="module")
def imports() -> dict[str, set[str]]:
    return {module: imports_of(module, file.read_text()) for module, file in package_modules().items()}


@pytest.fixture(scope="module")
def architecture() -> str:
    return (PROJECT / "ARCHITECTURE.md").read_text()


@cache
def package_modules() -> dict[str, Path]:
    """Return the file of each module of the package."""
    return {_module(str(file.relative_to(PROJECT / PACKAGE))): file for file in (PROJECT / PACKAGE).rglob("*.py")}


def top_level() -> list[str]:
    """Return the modules and folders at the top of the package, folders with a final slash."""
    entries = [entry for entry in (PROJECT / PACKAGE).iterdir() if not entry.name.startswith("__")]
    return sorted(f"{entry.name}/" if entry.is_dir() else entry.name for entry in entries)


def _module(file: str) -> str:
    return ".".join([PACKAGE, *file.removesuffix(".py").removesuffix("__init__").rstrip("/").split("/")]).rstrip(".")


# --- programs that tests need ---


def skipped_for_ever(sources: Iterable[str], script: str) -> list[str]:
    """Return the packages without which a test is skipped, and that `make test` does not install."""
    named = {name for text in sources for name in re.findall(r"is not installed: apt-get install ([\w.+-]+)", text)}
    # Conditions of the system itself.
    return sorted(name for name in named - {"systemd"} if not re.search(rf"\bwant \S+ {name}$", script, re.MULTILINE))


def test_packages_of_tests_are_installed() -> None:
    """No test is skipped on a fresh machine for lack of a package that could have been installed."""
    sources = (path.read_text() for path in (PROJECT / "tests").rglob("*.py"))

    assert [] == skipped_for_ever(sources, (PROJECT / "tools" / "system-packages.sh").read_text())


def test_a_package_that_is_not_installed_is_found() -> None:
    """A skip reason that names a package which the script does not install is reported."""
    package = "novelty"
    text = f"{package} is not installed: apt-get install {package}"

    assert [package] == skipped_for_ever([text], "want curl curl\n")
