"""
The console script: runs commands of Scrapy with the settings of this package, even inside another Scrapy project.

Scrapy's own `execute` looks for a scrapy.cfg in the current folder and its parents, and calls itself
`scrapy` in every help text. Here the settings are fixed, and help texts name this program.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from scrapy.cmdline import ScrapyArgumentParser, _get_commands_dict, _run_command
from scrapy.commands import ScrapyCommand, ScrapyHelpFormatter
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.exceptions import UsageError
from scrapy.settings import Settings

from ipv6matrix import __version__
from ipv6matrix.program import OWN

SETTINGS: Final = "ipv6matrix.settings"
# Scrapy's own commands that the overview lists; the others are for developers of web spiders.
_OF_SCRAPY: Final = ("list", "version")
_OURS: Final = "ipv6matrix.commands."
# Shorter names, which hide commands of Scrapy that are for developers of web spiders.
_SHORT: Final = {"check": "check-domain"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its status."""
    # Scrapy reads both, here and in child processes; once they are set, it ignores any scrapy.cfg.
    os.environ["SCRAPY_SETTINGS_MODULE"] = SETTINGS
    os.environ.pop("SCRAPY_PROJECT", None)
    words = list(sys.argv[1:] if arguments is None else arguments)
    settings = Settings()
    settings.setmodule(SETTINGS, priority="project")
    commands = _get_commands_dict(settings, inproject=True)
    name = next((word for word in words if not word.startswith("-")), None)
    commands |= {short: commands.pop(long) for short, long in _SHORT.items()}
    if name is None:
        print(__version__ if words == ["--version"] else _overview(commands))  # noqa: T201 - what the command is for
        sys.exit(0)
    if name not in commands:
        print(f"Unknown command {name!r}: choose from {', '.join(sorted(commands))}", file=sys.stderr)  # noqa: T201
        sys.exit(2)
    words.remove(name)
    sys.exit(_run(name, commands, settings, words))


def _run(name: str, commands: dict[str, ScrapyCommand], settings: Settings, words: list[str]) -> int:
    command = commands[name]
    parser = ScrapyArgumentParser(
        prog=f"{OWN} {name}",
        formatter_class=ScrapyHelpFormatter,
        usage=f"{OWN} {name} {command.syntax()}",
        conflict_handler="resolve",
        description=command.long_desc(),
    )
    settings.setdict(command.default_settings, priority="command")
    command.settings = settings
    command.add_options(parser)
    options, arguments = parser.parse_known_args(words)
    try:
        command.process_options(arguments, options)
        if command.requires_crawler_process:
            command.crawler_process = AsyncCrawlerProcess(settings)
        _run_command(command, arguments, options)
    except UsageError as error:
        if str(error):
            parser.error(str(error))
        if error.print_help:
            parser.print_help()
        return 2
    return command.exitcode


def _overview(commands: dict[str, ScrapyCommand]) -> str:
    shown = {
        name: command
        for name, command in commands.items()
        if name in _OF_SCRAPY or type(command).__module__.startswith(_OURS)
    }
    lines = [f"  {name:<10} {command.short_desc()}" for name, command in sorted(shown.items())]
    return "\n".join(
        [
            f"{OWN} {__version__}",
            "",
            "Usage:",
            f"  {OWN} <command> [options] [arguments]",
            "",
            "Commands:",
            *lines,
            "",
            f"`{OWN} <command> --help` shows what a command takes.",
        ]
    )
