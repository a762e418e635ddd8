"""
Writes a report of a crawl: one page that opens anywhere and loads nothing, and each of its charts as SVG.

OUTPUT_DIR/report-<run>.html holds text, tables and drawings; the same charts are in
OUTPUT_DIR/report-<run>/. The style and the charts are those of the website (docs/decisions/0035-charts.md).
"""

from __future__ import annotations

import datetime as dt
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path, PurePath
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from ipv6matrix.charts.frame import framed
from ipv6matrix.exporters.chapters import comparisons, domains, levels, outcomes, words
from ipv6matrix.exporters.chapters.chapter import Chapter, count, percent
from ipv6matrix.exporters.findings import Findings, find
from ipv6matrix.exporters.outputs import run_of, whole
from ipv6matrix.exporters.registry import Target
from ipv6matrix.items import UNRECORDED
from ipv6matrix.store.database import Store

CHAPTERS: Final[tuple[Callable[[Findings], Chapter], ...]] = (
    levels.levels,
    levels.services,
    levels.level_countries,
    levels.level_tlds,
    domains.penetration,
    domains.countries,
    domains.tlds,
    outcomes.reachability,
    comparisons.rtt_ratio,
    comparisons.rtts,
    comparisons.hops_difference,
    comparisons.hops,
    outcomes.paths,
    outcomes.ipv6_kinds,
    outcomes.errors,
)
# Settings that determine what is measured, and how; the others are about the machine.
_SETTINGS: Final = (
    "FEATURES",
    "METRICS",
    "WWW_PREFIXES",
    "NTP_PREFIXES",
    "ADDRESSES_PER_HOST",
    "SECOND_PASS",
    "QUERY_TIMEOUT",
    "PING_COUNT",
    "PING_INTERVAL",
    "PING_TIMEOUT",
    "TCP_TIMEOUT",
    "SMTP_TIMEOUT",
    "TRACE_MAX_TTL",
    "TRACE_GAP_LIMIT",
    "PROBE_RATE",
    "PROBE_RATE_PER_NETWORK",
    "CONTACT",
)


def export(store: Store, target: Target) -> str:
    """Write the charts, then the page; raises ExportError."""
    run = run_of(store)
    findings = find(store)
    chapters = [*(make(findings) for make in CHAPTERS), *words.chapters(findings)]
    drawn = [chapter for chapter in chapters if chapter.svg]
    for chapter in drawn:
        picture = framed(chapter.title, f"IPv6 Matrix, crawl {run}", chapter.svg)
        _write(target.output_dir / f"report-{run}" / f"{chapter.name}.svg", picture)
    path = target.output_dir / f"report-{run}.html"
    _write(path, page(findings, chapters))
    return f"{path} ({len(drawn)} charts)"


def _write(path: Path, text: str) -> None:
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def page(findings: Findings, chapters: Sequence[Chapter]) -> str:
    """Return the page; every text in it is escaped."""
    script = _data("charts/static/tip.js")
    return (
        _environment()
        .from_string(_data("data/report.html"))
        .render(
            run=findings.asked.run,
            cards=list(_cards(findings)),
            is_condensed=any(error.word == UNRECORDED for error in findings.errors),
            chapters=chapters,
            methods=[(name, text) for name, text in _methods(findings.crawl) if text],
            icon=Markup(_data("web/static/icon.svg")),  # noqa: S704 - ours
            style=Markup(_data("charts/static/look.css")),  # noqa: S704 - ours
            script=Markup(script),  # noqa: S704 - ours
            script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        )
    )


@cache
def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _data(name: str) -> str:
    return files("ipv6matrix").joinpath(name).read_text("utf-8")


def _cards(findings: Findings) -> Iterator[tuple[str, str, str]]:
    """Return the key figures: name, number, and what the number is of."""
    yield "Domains", count(findings.asked_domains), f"asked, of {findings.summary.domains:,} on the list"
    yield "Hosts", count(findings.summary.hosts), f"with an address; {findings.dual_stack:,} dual-stack"
    for family in (4, 6):
        yield f"IPv{family} addresses", count(findings.summary.addresses.get(family, 0)), "distinct, of hosts"
    for kind, name in domains.KIND_NAMES.items():
        share = findings.kinds[kind]
        of = f"{share.part:,} of {share.known:,} domains" if share.known else "not known of any domain"
        yield f"{name} with IPv6", percent(share), f"{of}; {share.unknown:,} more not known"


def _methods(crawl: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what was measured, when and from where."""
    yield "List", _names(crawl["list"])
    yield "SHA-256 of the list", crawl["list_sha256"]
    for source in json.loads(crawl.get("list_source") or "[]"):
        yield "List fetched", _words(source, ("name", "id", "date", "url"))
    for setting, file in json.loads(crawl.get("geoip") or "{}").items():
        yield setting, f"{file.get('type', '')} of {_time(file.get('built_at'))}"
    yield "Begun", _time(crawl["started_at"])
    if crawl["ended_at"]:
        yield "Ended", f"{_time(crawl['ended_at'])} ({crawl['end_reason']}; starts: {crawl['starts']})"
    for family in (4, 6):
        yield f"IPv{family} vantage point", crawl[f"vantage{family}"] or "none, or not on record"
    yield "Resolvers", crawl["resolver"]
    yield "Software", f"ipv6matrix {crawl['version']}"
    for metric, reason in json.loads(crawl["skipped"]).items():
        yield f"Not asked: {metric}", str(reason)
    settings = json.loads(crawl["settings"])
    yield from ((name, str(settings[name])) for name in _SETTINGS if settings.get(name) not in (None, ""))


def _words(values: dict[str, Any], names: Sequence[str]) -> str:
    return ", ".join(str(values[name]) for name in names if values.get(name))


def _names(files_of_the_list: str) -> str:
    """Return the names of files without their folders, which are private."""
    return ", ".join(PurePath(name).name for name in files_of_the_list.split(", "))


def _time(seconds: int | None) -> str:
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M} UTC" if seconds else "not known"
