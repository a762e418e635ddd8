"""Columns of the summary tables."""

from __future__ import annotations

import dataclasses

from ipv6matrix.summaries.rows import DomainPenetration, DomainRow, HostData, Reachability

KINDS = ("www", "mx", "ns", "ntp")


def columns(row):
    return [field.name for field in dataclasses.fields(row)]


def test_columns_are_those_of_2022_and_unknown():
    """Columns have the names of 2022, which clients read; newer columns come last."""
    hosts = [name for kind in KINDS for name in (f"{kind}_hosts", f"{kind}_hosts6")]
    added = [f"{kind}_{state}" for kind in KINDS for state in ("known", "unknown")]
    ports = ["http4", "http6", "https4", "https6", "smtp4", "smtp6"]
    assert [
        "date",
        "domain",
        "country",
        *hosts,
        *ports,
        "faster",
        "pingratio",
        "fewer",
        "hopratio",
        "unknown",
    ] == columns(DomainRow)
    assert ["date", "country", "tld", "domains", "domains6", *KINDS, "unknown", *added] == columns(DomainPenetration)
    assert [
        "date",
        "country",
        "tld",
        "type",
        "hosts",
        "hosts4",
        "hosts6",
        "dualstack",
        "noip",
        "pinghosts",
        "faster",
        "ping4",
        "ping6",
        "pathhosts",
        "fewer",
        "hops4",
        "hops6",
        "unknown",
    ] == columns(HostData)
    assert ["date", "country", "tld", "service", "hosts4", "hosts6", "reach4", "reach6", "unknown"] == columns(
        Reachability
    )
