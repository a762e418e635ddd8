"""A small crawl made by hand, to be exported."""

from __future__ import annotations

import json

from ipv6matrix.exporters.registry import Target
from ipv6matrix.items import Failure, Role, Status
from ipv6matrix.store.database import Store
from tests import opened
from tests.samples import AT, domain_item, host, hosts_item, lookup

RUN = "2024-01-05__10-00-00"


def target(folder):
    return Target(output_dir=folder, summary_url="")


def files(folder):
    """Read every file below a folder, by (TLD, run, name)."""
    return {path.relative_to(folder).parts: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


PLACE = {"asn": 64496, "as_organisation": 'Acme, "the" Ltd ', "city": "Île,\r\n2", "country_code": "FR"}


def domain(name, *roles, ns=Status.OK, mx=Status.OK):
    lookups = {"ns": lookup(name, "NS", status=ns), "mx": lookup(name, "MX", status=mx)}
    return domain_item(name, roles=tuple(Role(kind=k, host=h, priority=p) for k, h, p in roles), **lookups)


DOMAINS = (
    domain("a.test", ("NS", "ns.a.test", 1), ("MX", "mx.a.test", 0), ("WWW", "www.a.test", 0), ns=Status.OK),
    domain("b.test", ns=Failure.SERVFAIL, mx=Status.NODATA),
    domain("c.example", ("WWW", "www.c.example", 0), ns=Status.NXDOMAIN, mx=Status.NXDOMAIN),
)
HOSTS = (
    hosts_item(host("ns.a.test", "2001:db8::53"), places={"2001:db8::53": PLACE}),
    hosts_item(host("mx.a.test", "198.51.100.25", "2001:db8::25"), places={"198.51.100.25": {"longitude": 0.0}}),
    hosts_item(host("www.a.test")),
    hosts_item(host("www.c.example", "198.51.100.80")),
)


def database(path, *items, run=RUN, settings=None, skipped=()):
    """Create the database of a finished crawl with these items."""
    store = Store(path)
    for item in items:
        store.complete(item)
    store.record_crawl(
        run=run,
        version="v",
        settings=json.dumps(settings or {}),
        list="l",
        list_sha256="s",
        started_at=int(AT),
        starts=1,
        resolver="r",
        skipped=json.dumps(dict.fromkeys(skipped, "missing")),
        end_reason="finished",
    )
    store.close()
    return opened.read(path)


def small(folder, **more):
    return database(folder / "ips.db", *DOMAINS, *HOSTS, **more)
