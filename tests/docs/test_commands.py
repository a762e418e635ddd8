"""docs/commands.md lists every command with its options, and `make` targets exist."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Iterable
from importlib import import_module

import pytest
from scrapy.commands import ScrapyCommand
from scrapy.commands.list import Command as WithoutOptions
from scrapy.utils.project import get_project_settings

from ipv6matrix.spiders.matrix import MatrixSpider
from tests.docs.examples import mentioned
from tests.docs.texts import NAMES, PROJECT, fenced, read, rows, sections


def test_commands_are_documented() -> None:
    """docs/commands.md has every command of this project and every argument of the spider."""
    assert [] == command_complaints(read("docs/commands.md"), _commands(), _arguments())


def test_a_missing_command_is_found() -> None:
    """A command or argument that is missing from docs/commands.md, or only there, is reported."""
    text = read("docs/commands.md")

    existing = set(re.findall(r"^## `scrapy ([\w-]+)", text, re.MULTILINE))
    listed, more = ", ".join(sorted(existing)), ", ".join(sorted(existing | {"novelty"}))

    assert [f"commands: {listed} documented, {more} there"] == command_complaints(
        text, existing | {"novelty"}, _arguments()
    )
    assert ["argument novelty: not documented"] == command_complaints(text, existing, {"novelty"})


def test_usage_and_options_are_documented() -> None:
    """The usage and the options of each command are those of its --help."""
    assert [] == form_complaints(read("docs/commands.md"), {name: _command(name) for name in _commands()})


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("| `--check` |", "| `--chek` |", "promote: --check not documented"),
        ("| `--check` |", "| `--chek` |", "promote: --chek is no option"),
        ("| `--date YYYY-MM-DD` |", "| `--date` |", "promote: --date YYYY-MM-DD not documented"),
        ("scrapy status [JOBDIR] [--json]", "scrapy status JOBDIR", "status: the form is [JOBDIR] [--json]"),
        ("| `--nolog` |", "| `--log` |", "all commands: --nolog not documented"),
    ],
)
def test_a_wrong_option_or_usage_is_found(old: str, new: str, complaint: str) -> None:
    """A missing or misspelt option, a missing value, and a usage that differs from --help are reported."""
    text = read("docs/commands.md")
    assert old in text

    assert complaint in form_complaints(
        text.replace(old, new), {name: _command(name) for name in ("promote", "status")}
    )


@pytest.mark.parametrize("name", NAMES)
def test_mentioned_commands_exist(name: str) -> None:
    """Every `scrapy …` in a sentence is a command of this project or of Scrapy, with options that it has."""
    assert [] == strange_commands(mentioned(read(name)))


@pytest.mark.parametrize("span", ["scrapy novelty", "scrapy lists --novelty", "scrapy promote --chek"])
def test_an_unknown_command_is_found(span: str) -> None:
    """A word that is not a command, and an option of another one, are reported."""
    assert [span.removeprefix("scrapy ")] == strange_commands(mentioned(f"Type `{span}`, or `scrapy status --json`."))


@pytest.mark.parametrize("name", NAMES)
def test_make_targets_exist(name: str) -> None:
    """Every `make VERB` of a document is a target of the Makefile."""
    assert set() == make_verbs(read(name)) - _targets()


def test_make_targets_are_found() -> None:
    """A target counts in a command, not in a sentence."""
    assert {"demo", "test"} == make_verbs("Type `make demo`, and make sure.\n\n    make test\n")


def command_complaints(text: str, commands: set[str], arguments: set[str]) -> list[str]:
    """Compare headings with commands, and look for the spider's arguments."""
    documented = set(re.findall(r"^## `scrapy ([\w-]+)", text, re.MULTILINE))
    complaints = []
    if documented != commands:
        complaints.append(f"commands: {', '.join(sorted(documented))} documented, {', '.join(sorted(commands))} there")
    return complaints + [f"argument {name}: not documented" for name in sorted(arguments) if f"`{name}`" not in text]


def form_complaints(text: str, commands: dict[str, ScrapyCommand]) -> list[str]:
    """Compare the usage in each command's section, and the options of its tables, with --help."""
    (general,) = sections(text, r"## Options of all commands")
    complaints = [*_option_complaints("all commands", general[-1], _options(WithoutOptions()))]
    for name, command in commands.items():
        (section,) = sections(text, rf"## `scrapy {name}(?: matrix)?`")
        forms = [line.removeprefix(f"scrapy {name} ") for line in "".join(fenced(section[-1], "text")).splitlines()]
        if forms != command.syntax().split(" | "):
            complaints.append(f"{name}: the form is {command.syntax()}")
        own = _options(command) - _options(WithoutOptions())
        complaints += _option_complaints(name, section[-1], own)
    return complaints


def _option_complaints(name: str, text: str, options: set[str]) -> Iterable[str]:
    documented = {option for cells in rows(text) for option in re.findall(r"`(-[^`]+)`", cells[0])}
    yield from (f"{name}: {option} not documented" for option in sorted(options - documented))
    yield from (f"{name}: {option} is no option" for option in sorted(documented - options))


def _options(command: ScrapyCommand) -> set[str]:
    """Return each spelling of each option, with the placeholder of its value."""
    parser = argparse.ArgumentParser()
    command.settings = get_project_settings()
    command.add_options(parser)
    return {
        f"{spelling} {action.metavar or ''}".rstrip()
        for action in parser._actions
        for spelling in action.option_strings
    }


def _command(name: str) -> ScrapyCommand:
    return import_module(f"ipv6matrix.commands.{name}").Command()


def strange_commands(spoken_of: Iterable[list[str]]) -> list[str]:
    """Return the commands that do not exist, or lack an option that is named."""
    existing = {name: _command(name) for name in _commands()} | {"list": WithoutOptions(), "version": WithoutOptions()}
    return [
        " ".join(words)
        for words in spoken_of
        if words[0] not in existing or _strange_options(words, existing[words[0]])
    ]


def _strange_options(words: list[str], command: ScrapyCommand) -> set[str]:
    known = {spelling.partition(" ")[0] for spelling in _options(command)}
    return {word.partition("=")[0] for word in words[1:] if word.startswith("-")} - known


def make_verbs(text: str) -> set[str]:
    """Return the targets of `make` in code and in indented or fenced lines."""
    return set(re.findall(r"(?:`|^\s*\$? ?)make ([a-z][a-z-]*)(?=`|\s)", text, re.MULTILINE))


def _commands() -> set[str]:
    return {file.stem for file in (PROJECT / "ipv6matrix/commands").glob("*.py") if not file.name.startswith("__")}


def _arguments() -> set[str]:
    parameters = inspect.signature(MatrixSpider.__init__).parameters.values()
    return {
        parameter.name
        for parameter in parameters
        if parameter.name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    }


def _targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.MULTILINE))
