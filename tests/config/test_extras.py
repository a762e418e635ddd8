"""Extras: their absence is reported by each command, a crawl needs none, and metadata and requirements agree."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ipv6matrix.config import extras
from ipv6matrix.store.database import Store
from tests import crawls, typed, without
from tests.exporters import made
from tests.samples import domain_item
from tests.typed import ROOT

MYSQL = "mysql+mysqlconnector://user:secret@localhost/matrix"
ALL = set(chain.from_iterable(need.modules for need in extras.NEEDS.values()))
# Other modules that delay the start of a crawl. Disabled components of Scrapy import the last three.
LARGE = {"duckdb", "pandas", "numpy", "mysql.connector", "aiohttp", "requests", "tldextract"}
# As slow as all of these.
SLOW = {"scrapy.core.downloader.handlers.http11"}
# Modules of extras; all other modules import them on first use.
OPTIONAL = (
    "cluster/",
    "exporters/chapters/",
    "exporters/columns.py",
    "exporters/parquet.py",
    "exporters/parts.py",
    "exporters/row_groups.py",
    "exporters/report.py",
    "frontier/postgres.py",
    "importers/mysql2022.py",
    "summaries/",
    "web/",
)


@pytest.mark.crawl
@pytest.mark.parametrize(
    ("command", "absent", "extra"),
    [
        (["serve"], "fastapi", "web"),
        (["serve"], "uvicorn", "web"),
        (["serve", "-s", f"LIVE_URL={MYSQL}"], "mysql", "mysql"),
        (["promote", "-s", f"LIVE_URL={MYSQL}"], "sqlalchemy", "web"),
        (["promote", "-s", f"LIVE_URL={MYSQL}"], "mysql", "mysql"),
        (["import", "mysql2022", MYSQL], "sqlalchemy", "web"),
        (["import", "mysql2022", MYSQL], "mysql", "mysql"),
        (["report", "ips.db"], "babel", "report"),
        (["export", "report", "ips.db"], "jinja2", "report"),
        (["export", "parquet", "ips.db"], "pyarrow", "report"),
        (["export", "summary", "ips.db"], "sqlalchemy", "web"),
        (["gather", "postgresql://server/crawl", "--parquet", "set"], "duckdb", "web"),
        (["export", "summary", "ips.db", "-s", f"SUMMARY_URL={MYSQL}"], "mysql", "mysql"),
        (["crawl", "matrix", "-a", "domains=list.txt", "-s", "EXPORTS=csv,report"], "babel", "report"),
        (["crawl", "matrix", "-a", "domains=list.txt", "-s", "EXPORTS=parquet"], "pyarrow", "report"),
        (["crawl", "matrix", "-a", "domains=list.txt", "-s", "EXPORTS=summary"], "sqlalchemy", "web"),
        (
            ["crawl", "matrix", "-a", "domains=list.txt", "-s", "EXPORTS=summary", "-s", f"SUMMARY_URL={MYSQL}"],
            "mysql",
            "mysql",
        ),
    ],
)
def test_a_command_names_the_missing_extra(tmp_path, command, absent, extra):
    """Exit status 2 and one message with the package and the command that installs it; no traceback, no password."""
    ended = typed.run(*command, environment=without.environment(tmp_path, [absent]))

    assert 2 == ended.returncode, ended.stderr
    assert f"packages that are not installed ({absent}): pip install 'ipv6matrix[{extra}]'" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr + ended.stdout


@pytest.mark.crawl
def test_commands_of_a_crawler_need_no_extra(tmp_path):
    """Without any extra a crawl is read, exported as CSV and listed, and every command shows its help."""
    made.crawl(tmp_path / "ips.db", domain_item("a.example")).close()
    environment = without.environment(tmp_path / "site", ALL)

    ended = [
        typed.run("export", "csv", tmp_path / "ips.db", "-s", f"OUTPUT_DIR={tmp_path}", environment=environment),
        typed.run("summary", tmp_path / "ips.db", environment=environment),
        typed.run("status", tmp_path / "ips.db", environment=environment),
        *(typed.run(name, "--help", environment=environment) for name in ("serve", "report", "promote", "geoip")),
    ]

    assert [] == [process.stderr for process in ended if process.returncode or "Traceback" in process.stderr]


@pytest.mark.crawl
def test_a_crawl_needs_no_extra_and_imports_none(internet, tmp_path):
    """A crawl finds and probes hosts where no extra is installed."""
    domains = tmp_path / "list.txt"
    domains.write_text("open.example\n")
    environment = without.environment(tmp_path / "site", ALL)

    ended = crawls.crawl(domains, internet.settings() | crawls.folders(tmp_path), environment=environment)

    assert 0 == ended.returncode, ended.stderr
    (path,) = tmp_path.glob("ips-*.db")
    store = Store.read(path)
    assert store.query("SELECT count(*) FROM pings")[0][0] > 0
    store.close()


@pytest.mark.crawl
def test_a_crawl_imports_no_large_library(internet, tmp_path):
    """With every extra installed, a crawl that has opened all its components has imported none of them."""
    environment = without.environment(tmp_path / "site", []) | {"PYTHONPROFILEIMPORTTIME": "1"}

    ended = crawls.crawl(tmp_path / "none.txt", internet.settings() | crawls.folders(tmp_path), environment=environment)

    assert "Cannot read the list" in ended.stderr
    imported = {line.split("|")[-1].strip() for line in ended.stderr.splitlines() if line.startswith("import time:")}
    assert "ipv6matrix.job" in imported
    # Itemadapter imports pydantic, if it is installed, to recognise its models.
    assert set() == imported & (ALL | LARGE | SLOW) - {"pydantic"}


def test_a_driver_is_required_only_where_it_is_used():
    """A URL of another driver, or none, needs nothing of the extra `mysql`."""
    assert [None] * 3 == [extras.missing_driver(url) for url in ("", "sqlite:///a.db", "mysql+pymysql://localhost/a")]


@pytest.mark.parametrize("use", extras.NEEDS)
def test_an_extra_contains_the_required_modules(use):
    """Each module belongs to a requirement of the extra that the message names."""
    need = extras.NEEDS[use]
    distributions = installed()

    brought = _names(_project()["optional-dependencies"][need.extra])

    assert [] == [module for module in need.modules if not brought & _names(distributions[module])]


def test_requirements_match_the_metadata():
    """requirements.txt has the dependencies and extras of a user, requirements-dev.txt the others."""
    project = _project()
    of_extras = {name: set(lines) for name, lines in project["optional-dependencies"].items()}

    users = set(project["dependencies"]).union(*(of_extras[name] for name in ("web", "report", "mysql", "postgres")))

    assert users == set(_lines("requirements.txt"))
    assert of_extras["dev"] - {"ipv6matrix[all]"} == set(_lines("requirements-dev.txt"))
    assert of_extras["all"] == {"ipv6matrix[web,report,mysql,postgres]"}


def test_named_packages_are_dependencies_and_used():
    """The packages that this project is built on are run-time dependencies that its code imports."""
    imported = set(chain.from_iterable(_imported(path) for path in (ROOT / "ipv6matrix").rglob("*.py")))
    named = {"scrapy", "twisted", "icmplib", "mtrpacket", "geoip2"}

    assert named | {"dnspython", "itemadapter", "mysql-connector-python"} <= _names(_lines("requirements.txt"))
    assert named <= imported


def test_a_crawl_imports_only_what_it_requires():
    """Modules outside the site, reports and summaries import only dependencies; those inside, extras as well."""
    core = _names(_project()["dependencies"])
    every = _names(_lines("requirements.txt"))

    assert [] == strays(core, every)


def test_an_import_without_a_requirement_is_found():
    """A package that is no longer required leads to a complaint that names module and package."""
    core = _names(_project()["dependencies"])

    assert "reference/geoip.py imports geoip2" in strays(core - {"geoip2"}, _names(_lines("requirements.txt")))


def strays(core: set[str], every: set[str]) -> list[str]:
    """Return a complaint for each module-level import that its requirements do not include."""
    distributions = installed()
    package = ROOT / "ipv6matrix"
    complaints = []
    for path in sorted(package.rglob("*.py")):
        name = str(path.relative_to(package))
        allowed = every if name.startswith(OPTIONAL) else core
        outside = _imported(path) - sys.stdlib_module_names - {"ipv6matrix"}
        complaints += [
            f"{name} imports {module}" for module in sorted(outside) if not allowed & _names(distributions[module])
        ]
    return complaints


@cache
def installed() -> Mapping[str, list[str]]:
    """Return the distributions that contain each top-level module."""
    return metadata.packages_distributions()


@cache
def _imported(path) -> set[str]:
    """Return the top-level modules that importing a module imports."""
    modules = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module.partition(".")[0])
    return modules


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _lines(name: str) -> list[str]:
    return [line for line in (ROOT / name).read_text().splitlines() if line and line[0] not in "#-"]


def _names(requirements) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}
