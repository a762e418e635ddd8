"""Exact versions with hashes of all requirements, independent of a particular host."""

from __future__ import annotations

import re
from itertools import pairwise

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.typed import ROOT

FILES = ("constraints.txt", "constraints-dev.txt")


def test_requirements_are_met():
    """
    The requirements of the project have versions in constraints.txt alone, those of its tests in both files together.
    """
    assert [] == unmet(_read("requirements.txt"), _read("constraints.txt"))
    assert [] == unmet(_read("requirements-dev.txt"), "".join(map(_read, FILES)))


def test_an_unmet_requirement_is_found():
    """A requirement without a version, and one whose version is not allowed, are reported."""
    assert ["new>=1", "rich>=99"] == unmet("new>=1\nrich>=99\nRich>=1", "rich==15.0 \\\n    --hash=sha256:00\n")


def test_versions_are_exact_and_have_hashes():
    """Each package is one version with at least one SHA-256 hash, and the files contain nothing else."""
    assert [] == [line for name in FILES for line in faults(_read(name))]


def test_a_fault_is_found():
    """A range, a version without a hash, a URL and an option are reported."""
    text = "a>=1 \\\n    --hash=sha256:00\nb==1\nc @ https://example.org/c.whl\n--index-url https://example.org\n"

    assert ["a>=1 \\", "b==1", "c @ https://example.org/c.whl", "--index-url https://example.org"] == faults(text)


def test_versions_agree():
    """A package in both files, which the crawler needs on some systems only, has the same version in both."""
    crawler, tests = (_versions(_read(name)) for name in FILES)

    assert {} == {name: versions for name, versions in tests.items() if crawler.get(name, versions) != versions}


def unmet(requirements: str, constraints: str) -> list[str]:
    """Return the requirements that no version meets."""
    versions = _versions(constraints)
    lines = [line for line in requirements.splitlines() if line and line[0] not in "#-"]
    return [line for line in lines if not _is_met(Requirement(line), versions)]


def _is_met(requirement: Requirement, versions: dict[str, list[str]]) -> bool:
    installed = versions.get(canonicalize_name(requirement.name), [])
    return bool(installed) and all(requirement.specifier.contains(version) for version in installed)


def _versions(text: str) -> dict[str, list[str]]:
    """Return the versions by package; one that has several has them for different Pythons."""
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def faults(text: str) -> list[str]:
    """Return the lines that are neither a comment, nor an exact version followed by a hash, nor a hash."""
    lines = [*(line for line in text.splitlines() if not line.startswith("#")), ""]
    return [
        line
        for line, following in pairwise(lines)
        if not re.fullmatch(r"    --hash=sha256:[0-9a-f]+( \\)?", line)
        and not (re.fullmatch(r"[\w.-]+==[\w.!+]+( ; [^\\@]+)? \\", line) and following.startswith("    --hash="))
    ]


def _read(name: str) -> str:
    return (ROOT / name).read_text()
