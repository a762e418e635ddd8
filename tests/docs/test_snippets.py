"""Examples in languages other than shell are valid in the language of their fence."""

from __future__ import annotations

import ast
import re
from configparser import ConfigParser
from pathlib import Path

import pytest

from ipv6matrix.config import checks
from ipv6matrix.exporters.registry import Target, exporter
from tests.docs import examples
from tests.docs.texts import NAMES, fenced, read
from tests.exporters.test_parquet import duckdb
from tests.finished import Finished

# The test of each kind of block; empty for blocks that are only shown.
GUARDS = {
    "console": "",
    "duckdb": "tests/docs/test_snippets.py::test_examples_for_duckdb_run",
    "ini": "tests/docs/test_snippets.py::test_examples_of_scrapyd_conf_are_read",
    "python": "tests/docs/test_snippets.py::test_examples_of_python_are_valid",
    "sh": "tests/docs/test_examples.py::test_every_command_is_run_or_has_its_reason",
    "sql": "tests/docs/test_tables.py::test_examples_of_sql_run",
    "text": "",
    "urls": "tests/docs/test_urls.py::test_examples_of_urls_are_valid",
    "yaml": "tests/docs/test_snippets.py::test_prometheus_reads_the_port_of_the_metrics",
}


def test_every_kind_of_block_has_its_guard() -> None:
    """Every kind of block in a document has a guard, and every guard has a block."""
    kinds = {kind for name in NAMES for kind in re.findall(r"^ *```(\w*)\n", _openings(read(name)), re.MULTILINE)}

    assert set(GUARDS) == kinds
    assert [] == [test for test in GUARDS.values() if test and not examples.is_there(test)]


def test_examples_of_python_are_valid() -> None:
    """They can be parsed, and every name in capitals that they assign is a setting of this project."""
    trees = [ast.parse(block) for name in NAMES for block in fenced(read(name), "python")]
    names = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name) and _is_assigned(node)}

    assert {"SUMMARY_URL", "LIVE_URL"} <= names
    assert set() == names - set(checks.CHECKS)


def _is_assigned(name: ast.Name) -> bool:
    return name.id.isupper() and isinstance(name.ctx, ast.Store)


def test_examples_for_duckdb_run(finished: Finished, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They return rows in the folder of an export."""
    exporter("parquet")(finished.store, Target(output_dir=tmp_path, summary_url=""))
    (folder,) = (tmp_path / "parquet").iterdir()
    monkeypatch.chdir(folder)

    assert [] == [block for name in NAMES for block in fenced(read(name), "duckdb") if not duckdb(block)]


def test_examples_of_scrapyd_conf_are_read() -> None:
    """The addition to scrapyd.conf is a section of it with a password."""
    parser = ConfigParser()
    for block in fenced(read("docs/scrapyd.md"), "ini"):
        parser.read_string(block)

    assert ["password"] == list(parser["scrapyd"])


def test_prometheus_reads_the_port_of_the_metrics() -> None:
    """The target is the port that the document gives the crawl."""
    text = read("docs/metrics.md")
    (port,) = re.findall(r"METRICS_PORT=(\d+)", text)

    assert [[f"127.0.0.1:{port}"]] == [
        re.findall(r'targets: \["([\d.:]+)"\]', snippet) for snippet in fenced(text, "yaml")
    ]


def _openings(text: str) -> str:
    """Reduce each block to its first line."""
    return re.sub(r"^( *```\w*\n).*?^ *```$", r"\1", text, flags=re.MULTILINE | re.DOTALL)
