"""
The report about the readiness of a domain, on a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ipv6matrix.readiness.documents import rtt

_STYLES: Final = {"yes": "bold green", "no": "bold red", "unknown": "bold yellow", "none": "dim"}


def page(report: Mapping[str, Any]) -> RenderableType:
    """Return the report: level, services, reasons with advice, and addresses."""
    level = report["level"]
    head = Text.assemble((report["domain"], "bold"), "  level ", (level["text"], "bold"), f"  ({level['name']})")
    addresses = (_addresses(report),) if report["hosts"] else ()
    return Group(head, _services(report), *_reasons(report), *addresses, Text())


def _services(report: Mapping[str, Any]) -> Table:
    table = Table(show_header=False)
    for service in report["services"]:
        table.add_row(service["title"], Text(service["value"], _STYLES[service["value"]]), service["meaning"])
    return table


def _reasons(report: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Yield the reasons; those with the same advice together, followed by it."""
    for service in report["services"]:
        for advice, reasons in groupby(service["reasons"], key=itemgetter("advice")):
            for reason in reasons:
                line = f"{service['title']}: {reason['host']} {reason['text']}"
                yield Text.assemble(("• ", _STYLES[service["value"]]), line)
            yield Padding(Text(f"→ {advice}"), (0, 0, 0, 2), expand=False)


def _addresses(report: Mapping[str, Any]) -> Table:
    table = Table(title="Addresses", title_justify="left")
    for header in ("host", "IPv4", "RTT", "IPv6", "RTT"):
        table.add_column(header, overflow="fold")
    for host in report["hosts"]:
        cells = [cell for family in ("ipv4", "ipv6") for cell in _cells(host[family])]
        table.add_row(f"{host['host']} ({', '.join(host['roles'])})", *cells)
    return table


def _cells(address: Mapping[str, Any] | None) -> tuple[str, str]:
    if address is None:
        return "-", ""
    return address["address"], rtt(address)
