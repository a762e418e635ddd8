"""
The wheel contains everything that the package reads, and works where it is unpacked; tools/smoke.py really installs it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser

import pytest

from tests.exporters import made
from tests.samples import domain_item
from tests.typed import ROOT

pytestmark = pytest.mark.crawl

SOURCES = ("ipv6matrix", "pyproject.toml", "setup.py", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel, built from a copy so that nothing is left in the tree, with build tools that are already installed."""
    copy = tmp_path_factory.mktemp("copy")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)
    words = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", "dist"]
    subprocess.run([sys.executable, *words, "."], cwd=copy, check=True, capture_output=True, timeout=120)
    (path,) = (copy / "dist").glob("*.whl")
    return path


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_the_wheel_has_every_file_of_the_package(unpacked):
    """Code and data files are included."""
    unpacked_files = {
        str(path.relative_to(unpacked)) for path in (unpacked / "ipv6matrix").rglob("*") if path.is_file()
    }
    files = [path for path in (ROOT / "ipv6matrix").rglob("*") if path.is_file() and "__pycache__" not in path.parts]

    assert {str(path.relative_to(ROOT)) for path in files} == unpacked_files


def test_the_metadata_have_licence_and_command(unpacked):
    """Licence files, the extras and the console script are included."""
    (folder,) = unpacked.glob("*.dist-info")
    metadata = (folder / "METADATA").read_text()
    scripts = ConfigParser()
    scripts.read(folder / "entry_points.txt")

    assert "License-Expression: BSD-3-Clause" in metadata
    assert {"web", "report", "mysql", "postgres", "dev", "all"} == set(
        re.findall(r"^Provides-Extra: (\w+)$", metadata, re.MULTILINE)
    )
    assert "ipv6matrix.cli.main:main" == scripts["console_scripts"]["ipv6matrix"]
    assert (folder / "licenses" / "LICENSE").is_file()


def test_the_wheel_works_from_another_folder(unpacked, tmp_path):
    """A report, which needs the data files, is written by the unpacked wheel and not by the clone."""
    made.crawl(tmp_path / "ips.db", domain_item("a.example"))

    ended = subprocess.run(
        [sys.executable, "-P", "-m", "ipv6matrix", "report", "ips.db"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert 0 == ended.returncode, ended.stderr
    assert (tmp_path / "crawls" / f"report-{made.RUN}.html").is_file()
