"""
What continuous integration runs is what developers run, on the Pythons that the metadata promise.
"""

from __future__ import annotations

import re
import subprocess
import tomllib

import pytest

from tests.typed import ROOT

WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text()


def test_its_verbs_are_those_of_the_makefile():
    """Lint, documents, tests and the wheel each are a verb that exists."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert {"lint", "docs", "test", "smoke"} == set(re.findall(r" make ([a-z-]+)$", WORKFLOW, re.MULTILINE)) & targets


def test_it_tests_every_python_that_is_promised():
    """The matrix of tests has the versions of the classifiers, the first of which is the least that is required."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    promised = [one.rpartition(" ")[2] for one in project["classifiers"] if re.search(r"Python :: 3\.\d+$", one)]

    assert promised == re.findall(r'"([\d.]+)"', re.search(r"python: (\[.*\])", WORKFLOW)[1])
    assert f">={promised[0]}" == project["requires-python"]


@pytest.mark.parametrize("name", ["tools/fresh-machine.sh", "tools/lock.sh", "tools/system-packages.sh"])
def test_scripts_are_scripts_of_sh(name):
    """The shell finds no fault in their syntax."""
    assert 0 == subprocess.run(["sh", "-n", ROOT / name], check=False).returncode


@pytest.mark.parametrize("words", [[], ["bookworm"], ["sid", "test"], ["trixie", "bench"]])
def test_a_wrong_machine_or_verb_is_an_error(words):
    """Nothing is installed for a machine or verb that is not known: exit status 2 and the form of the command."""
    ended = subprocess.run(
        [ROOT / "tools/fresh-machine.sh", *words], capture_output=True, text=True, check=False, timeout=60
    )

    assert (2, True) == (ended.returncode, ended.stderr.startswith("Usage: "))
