"""
The report about the readiness of domains, as a page of HTML without anything to load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from ipv6matrix.readiness.documents import rtt


def page(reports: Iterable[Mapping[str, Any]], made_at: str) -> str:
    """Return the page; `made_at` is the time of the test as text."""
    frame = Template(files("ipv6matrix").joinpath("data/readiness.html").read_text("utf-8"))
    return frame.substitute(made_at=escape(made_at), reports="\n".join(map(_report, reports)))


def _report(report: Mapping[str, Any]) -> str:
    level = report["level"]
    services = "".join(map(_service, report["services"]))
    hosts = "".join(map(_host, report["hosts"]))
    return f"""<section>
<h2>{escape(report["domain"])}</h2>
<p class="level">Level {escape(level["text"])} <small>({escape(level["name"])})</small></p>
<table><caption>Services</caption>
<thead><tr><th scope="col">Service</th><th scope="col">Result</th><th scope="col">Reasons and advice</th></tr></thead>
<tbody>{services}</tbody></table>
<table><caption>Addresses, with the shortest round-trip time</caption>
<thead><tr><th scope="col">Host</th><th scope="col">IPv4</th><th scope="col">IPv6</th></tr></thead>
<tbody>{hosts}</tbody></table>
</section>"""


def _service(service: Mapping[str, Any]) -> str:
    reasons = "".join(
        f"<li>{escape(reason['host'])} {escape(reason['text'])}<br>→ {escape(reason['advice'])}</li>"
        for reason in service["reasons"]
    )
    value = escape(service["value"])
    return (
        f'<tr><th scope="row">{escape(service["title"])}</th>'
        f'<td class="{value}"><strong>{value}</strong><br>{escape(service["meaning"])}</td>'
        f'<td class="reasons">{f"<ul>{reasons}</ul>" if reasons else ""}</td></tr>\n'
    )


def _host(host: Mapping[str, Any]) -> str:
    name = f"{escape(host['host'])} ({', '.join(host['roles'])})"
    return f'<tr><th scope="row" class="host">{name}</th>{_address(host["ipv4"])}{_address(host["ipv6"])}</tr>\n'


def _address(address: Mapping[str, Any] | None) -> str:
    if address is None:
        return "<td>none</td>"
    return f'<td class="address">{escape(address["address"])}<br>{rtt(address)}</td>'
