"""
scrapy check-domain, or ipv6matrix check: tests a few domains and reports how ready they are for IPv6.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES

from ipv6matrix.cli import terminal
from ipv6matrix.cli.reading import reading
from ipv6matrix.config import checks, remembered
from ipv6matrix.config.profiles import ChoosingCommand
from ipv6matrix.store.database import Store
from ipv6matrix.targets import names

# Exit status if the certain level of a domain is below --fail-under.
BELOW: Final = 4
# Above the settings file, below the command line.
_OWN: Final = {"METRICS": "all,-geoip", "MISSING": "skip", "LOG_LEVEL": "ERROR", "EXPORTS": ""}


class Command(ChoosingCommand):
    # Scrapy imports all commands for each of them; what judges domains would be 0.1 s of the start of every crawl.

    requires_project = True

    def syntax(self) -> str:
        return "DOMAIN [DOMAIN …] [--json] [--html FILE] [--fail-under LEVEL]"

    def short_desc(self) -> str:
        return "Test a few domains now, and report how ready they are for IPv6"

    def long_desc(self) -> str:
        return (
            "Test domains and report the level of each, what works over IPv6, and how to fix the rest. Exit status"
            f" 0: done; 1: the test did not finish; 2: invalid setting or argument; {BELOW}: a level is below"
            " --fail-under."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        from ipv6matrix.readiness.levels import Level  # noqa: PLC0415

        super().add_options(parser)
        labels = [level.label for level in Level]
        parser.add_argument("--json", action="store_true", help="print JSON instead of text")
        parser.add_argument("--html", metavar="FILE", type=Path, help="also write an HTML page")
        parser.add_argument(
            "--fail-under",
            metavar="LEVEL",
            choices=labels,
            help=f"exit with status {BELOW} if the certain level of a domain is below this one: {', '.join(labels)}",
        )

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        for name, value in _OWN.items():
            self.settings.set(name, value, priority=SETTINGS_PRIORITIES["spider"])
        self._domains = _domains(args)
        if sentences := checks.problems(self.settings):
            raise UsageError("\n".join(sentences), print_help=False)
        self._ensure_contact()
        # The crawler process reads the settings before `run`.
        self._folder = tempfile.TemporaryDirectory(prefix="ipv6matrix-check-")
        for name in ("JOBDIR", "OUTPUT_DIR"):
            self.settings.set(name, str(Path(self._folder.name) / name.lower()), priority="cmdline")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:  # noqa: ARG002 - they were read above
        with self._folder:
            reports = self._reports(self._crawl())
        if len(reports) < len(self._domains):
            print("The test did not finish: nothing is reported", file=sys.stderr)  # noqa: T201 - the output of the command
            self.exitcode = 1
            return
        _show(reports, opts)
        if opts.fail_under and any(_is_below(report, opts.fail_under) for report in reports):
            self.exitcode = BELOW

    def _crawl(self) -> Path | None:
        """Crawl the domains and return the database; None if the crawl was stopped."""
        assert self.crawler_process is not None
        terminal.stop_when_it_closes()
        file = Path(self._folder.name) / "domains.txt"
        file.write_text("".join(f"{name}\n" for name in self._domains))
        crawler = self.crawler_process.create_crawler("matrix")
        self.crawler_process.crawl(crawler, domains=str(file))
        self.crawler_process.start()
        assert crawler.stats is not None
        path = crawler.stats.get_value("crawl/results")
        return Path(path) if path else None

    def _reports(self, path: Path | None) -> list[dict[str, Any]]:
        from ipv6matrix.readiness.documents import document  # noqa: PLC0415
        from ipv6matrix.readiness.levels import judge  # noqa: PLC0415
        from ipv6matrix.store.queries import readiness  # noqa: PLC0415

        if path is None:
            return []
        with reading(path) as store:
            self._tell_skipped(store)
            basis = readiness.basis(store)
            domains = [readiness.domain(store, name) for name in self._domains]
        return [document(judge(domain, basis), domain) for domain in domains if domain]

    def _tell_skipped(self, store: Store) -> None:
        """Print what this machine could not measure, and how to change that."""
        for message in json.loads((store.crawl() or {}).get("skipped") or "{}").values():
            print(f"Not tested: {message}", file=sys.stderr)  # noqa: T201 - the output of the command

    def _ensure_contact(self) -> None:
        """Use the remembered contact if there is none in the settings; ask for it on a terminal."""
        settings = self.settings
        assert settings is not None
        if settings.get("CONTACT") or settings.get("PROBE_ALLOWED_NETWORKS"):
            return
        text = remembered.contact() or _asked_for_contact()
        settings.set("CONTACT", text, priority="cmdline")
        if not text or checks.problems(settings, ("CONTACT",)):
            raise UsageError(
                "CONTACT is not set. Pass a URL or e-mail address so that the operators you probe can reach you, e.g."
                " -s CONTACT=https://example.org/crawler (docs/ethics.md) [CONTACT_MISSING]",
                print_help=False,
            )


def _domains(words: Sequence[str]) -> list[str]:
    """Parse the names as people type them; each once."""
    if not words:
        raise UsageError("No domain given: name one or more, e.g. example.org [ARGUMENT_MISSING]")
    parsed = {word: names.domain(word) for word in words}
    invalid = [word for word, name in parsed.items() if name is None]
    if invalid:
        raise UsageError(
            f"Not a domain: {', '.join(map(repr, invalid))}: write names such as example.org [ARGUMENT_INVALID]",
            print_help=False,
        )
    return list(dict.fromkeys(_without_www(name) for name in parsed.values() if name))


def _without_www(name: str) -> str:
    """Return the domain of a web host, which is tested with it."""
    bare = name.removeprefix("www.")
    return bare if "." in bare else name


def _asked_for_contact() -> str:
    """Ask the user for a contact and remember it; return an empty text if no user is there."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ""
    print("The operators of the tested hosts should be able to reach you.", file=sys.stderr)  # noqa: T201 - a dialogue
    print("Your e-mail address or a URL (it is remembered): ", end="", file=sys.stderr, flush=True)  # noqa: T201
    text = sys.stdin.readline().strip()
    if text:
        remembered.remember(text)
    return text


def _show(reports: list[dict[str, Any]], opts: argparse.Namespace) -> None:
    from rich.console import Console  # noqa: PLC0415

    from ipv6matrix.cli import readiness_page, readiness_text  # noqa: PLC0415

    if opts.json:
        print(json.dumps(reports, indent=1))  # noqa: T201 - the output of the command
    else:
        console = Console(highlight=False)
        for report in reports:
            console.print(readiness_text.page(report))
    if opts.html:
        made_at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
        opts.html.write_text(readiness_page.page(reports, made_at), "utf-8")


def _is_below(report: dict[str, Any], label: str) -> bool:
    from ipv6matrix.readiness.levels import Level  # noqa: PLC0415

    return Level.parse(report["level"]["certain"]) < Level.parse(label)
