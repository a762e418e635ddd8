"""The unit files of deploy/systemd, read and run as systemd does, as far as tests need it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from configparser import RawConfigParser
from pathlib import Path

from tests.typed import ROOT

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
STARTS_WITHIN_S = 60


def section(unit: str, name: str) -> dict[str, str]:
    """Read one section of a unit; if a key occurs several times, the last one."""
    parser = RawConfigParser(strict=False, delimiters="=", comment_prefixes="#")
    parser.optionxform = str
    parser.read_string((DEPLOY / "systemd" / unit).read_text().replace("\\\n", " "))
    return dict(parser[name])


def environment(file: str) -> dict[str, str]:
    """Read a file of deploy/etc as EnvironmentFile= does (systemd.exec(5))."""
    lines = (DEPLOY / "etc" / file).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def command(unit: str, values: Mapping[str, str]) -> list[str]:
    """Expand ExecStart=: `${NAME}` is part of a word, `$NAME` is split into words (systemd.service(5))."""
    words: list[str] = []
    for word in section(unit, "Service")["ExecStart"].split():
        if word.startswith("$") and not word.startswith("${"):
            words += shlex.split(values[word[1:]])
        else:
            for name, value in values.items():
                word = word.replace(f"${{{name}}}", value)  # noqa: PLW2901 - piece by piece
            words.append(word)
    return words


def run(unit: str, values: Mapping[str, str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command of a unit, with the scrapy of this project, to its end."""
    program, *words = command(unit, values)
    assert "/opt/ipv6matrix/.venv/bin/scrapy" == program
    return subprocess.run(
        [sys.executable, "-m", "scrapy", *words],
        cwd=folder,
        env=os.environ | {"SCRAPY_SETTINGS_MODULE": "ipv6matrix.settings", "PYTHONPATH": str(ROOT)} | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def wait_for(log: Path, words: str) -> None:
    """Wait until a log contains these words, with a deadline."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if log.exists() and words in log.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(f"no {words!r} in {log.read_text() if log.exists() else 'a log that is not there'}")
