"""Continuous integration runs the commands of developers, on the Python versions of the metadata."""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.typed import ROOT

WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text()


def test_its_commands_are_make_targets():
    """Lint, documents, tests and the wheel are each an existing target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {"lint", "docs", "test", "smoke"} == set(re.findall(r" make ([a-z-]+)$", WORKFLOW, re.MULTILINE)) & targets


def test_it_tests_every_supported_python():
    """The test matrix has the versions of the classifiers, the first of which is the minimum version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    promised = [
        classifier.rpartition(" ")[2]
        for classifier in project["classifiers"]
        if re.search(r"Python :: 3\.\d+$", classifier)
    ]

    assert promised == re.findall(r'"([\d.]+)"', re.search(r"python: (\[.*\])", WORKFLOW)[1])
    assert f">={promised[0]}" == project["requires-python"]


@pytest.mark.parametrize("name", ["tools/fresh-machine.sh", "tools/lock.sh", "tools/system-packages.sh"])
def test_scripts_have_valid_syntax(name):
    """The shell finds no syntax error in them."""
    assert 0 == subprocess.run(["sh", "-n", ROOT / name], check=False).returncode


@pytest.mark.parametrize("words", [[], ["bookworm"], ["sid", "test"], ["trixie", "bench"]])
def test_an_unknown_machine_or_command_is_an_error(words):
    """Nothing is installed for an unknown machine or command: exit status 2 and the usage."""
    ended = subprocess.run(
        [ROOT / "tools/fresh-machine.sh", *words], capture_output=True, text=True, check=False, timeout=60
    )

    assert (2, True) == (ended.returncode, ended.stderr.startswith("Usage: "))
