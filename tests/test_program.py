"""The name of the running program in messages."""

from __future__ import annotations

import ast
import re

import pytest

from ipv6matrix.program import name_of
from tests.typed import ROOT

# Scrapy names commands after their modules.
COMMANDS = [path.stem for path in sorted((ROOT / "ipv6matrix" / "commands").glob("[a-z]*.py"))]
COMMAND = re.compile(rf"\bscrapy (?:{'|'.join(COMMANDS)})\b")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/usr/local/bin/ipv6matrix", "ipv6matrix"),
        ("/srv/site-packages/ipv6matrix/__main__.py", "ipv6matrix"),
        (".venv/bin/scrapy", "scrapy"),
        ("/srv/site-packages/scrapy/__main__.py", "scrapy"),
        ("/srv/ipv6matrix/bin/uvicorn", "scrapy"),
        ("-c", "scrapy"),
        ("", "scrapy"),
    ],
)
def test_the_program_is_that_of_the_user(path, name):
    """The console script and `python -m` are ipv6matrix, everything else is scrapy."""
    assert name == name_of(path)


def test_messages_name_the_running_program():
    """No string literal of the package other than a docstring spells out `scrapy COMMAND`."""
    files = sorted((ROOT / "ipv6matrix").rglob("*.py"))

    assert [] == [f"{file}:{line}" for file in files for line in spelled_out(file.read_text())]


def test_a_command_that_is_spelled_out_is_found():
    """Plain and formatted strings are searched, docstrings and comments are not."""
    source = '"""scrapy status"""\n# scrapy status\na = "run scrapy status"\nb = f"`scrapy geoip update`: {a}"\n'

    assert [3, 4] == spelled_out(source)


def spelled_out(source):
    """Return the lines of strings that name a command of scrapy."""
    if "scrapy" not in source:
        return []
    nodes = list(ast.walk(ast.parse(source)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return [
        node.lineno
        for node in nodes
        if isinstance(node, ast.Constant) and id(node) not in docstrings and COMMAND.search(str(node.value))
    ]
