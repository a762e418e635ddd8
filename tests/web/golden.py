"""
Answers of both APIs over the sample crawls, recorded before the website read a read model.

`golden.jsonl` holds one answer per line: path, status, media type, body. Clients of these
APIs see each of these bytes, so a change here is a change of the API and belongs into the changelog.

    python -m tests.web.golden    # record the answers again
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final

from tests.web import client, summaries

FILE: Final = Path(__file__).with_name("golden.jsonl")

_GROUPS: Final = {
    **dict.fromkeys(("hosts", "dualstack", "ping", "path"), ("tld", "country", "type")),
    "reach": ("tld", "country", "service"),
    "domains": ("tld", "country"),
}
_FILTERS: Final = ("min-sample=40", "tlds=de", "tlds=com,de,none", "types=www,mx", "types=mx,ntp&tlds=com,de")

_V1: Final = (
    "",
    "/crawls",
    "/crawls?sort=-hosts_ipv6_share&limit=1",
    "/countries",
    "/countries?date=2022-07-20&sort=-domains&offset=1&limit=2",
    "/tlds",
    "/tlds?sort=hosts_ipv6_share",
    "/hosts",
    "/hosts?group=tld",
    "/hosts?group=country&from=2023-01-01&sort=-ipv6_share&limit=3",
    "/hosts?group=type&country=de,gb&least=200",
    "/hosts?tld=com,de&type=WWW&sort=-ping_ratio",
    "/hosts?group=tld&country=US&type=MX&sort=ping_ratio",
    "/hosts?group=country&offset=7&limit=4",
    "/reachability",
    "/reachability?group=service&to=2023-12-31",
    "/reachability?group=tld&service=HTTP&sort=-ipv6_open",
    "/penetration",
    "/penetration?group=tld&sort=-ipv6_share&least=60",
    "/penetration?group=country&tld=uk",
    "/domains?limit=5",
    "/domains?prefix=site0&country=de",
    "/domains?ipv6=no",
    "/domains?ipv6=unknown",
    "/domains?ipv6=yes&after=site05.com&limit=3",
    "/domains?date=2023-01-05&prefix=once",
    "/domains/a_b.de",
    "/domains/once.com",
    "/domains/once.com/badge.svg",
    "/domains/nowhere.example",
    "/changes/domains",
    "/changes/domains?from=2022-07-20&to=2024-02-29&change=gained&limit=3",
    "/changes/domains?country=de&after=site03.com",
    "/changes/countries",
    "/changes/tlds?sort=-difference&least=20",
    "/tables",
    "/tables/domains.csv?date=2023-01-05",
    "/tables/penetration.csv",
    "/tables/hosts.csv?date=2024-02-29",
    "/tables/reachability.csv",
    "/hosts?group=nothing",
    "/domains?date=2020-01-01",
)


def paths() -> Iterator[str]:
    """Yield the recorded paths: each resource and group in each format, each filter as CSV, and /api/v1."""
    for resource, groups in _GROUPS.items():
        for form in ("json", "csv", "xml", "html"):
            yield f"/{form}/{resource}"
        yield from (f"/{form}/{resource}/group-{group}" for form, group in product(("json", "csv"), groups))
        yield from (f"/csv/{resource}?{filters}" for filters in _FILTERS)
        yield from (f"/csv/{resource}/group-{group}?{filters}" for group, filters in product(groups[:2], _FILTERS[:4]))
        yield f"/xml/{resource}/group-{groups[-1]}/country-gb?min-sample=20"
    yield from (f"/{form}/country-de" for form in ("json", "csv", "xml", "html"))
    yield from (f"/json/country-US?{filters}" for filters in _FILTERS)
    yield from (f"/{form}/domain-a_b.de" for form in ("json", "csv", "xml", "html"))
    yield from (
        f"/{form}/domain/search-{prefix}" for form in ("json", "csv") for prefix in ("site", "a_", "SITE03", "zz")
    )
    yield from (
        "/data/hosts",
        "/json/hosts/",
        "/json/nothing",
        "/csv/hosts/group-x",
        "/xml/country-xx",
        "/json/hosts/country-de",
    )
    yield from (f"/api/v1{path}" for path in _V1)


def recorded() -> Iterator[tuple[str, list[Any]]]:
    """Yield each path with status, media type and body."""
    for line in FILE.read_text("utf-8").splitlines():
        path, *answer = json.loads(line)
        yield path, answer


async def _record() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with client.of(summaries.sqlite(Path(folder))) as web:
            with FILE.open("w", encoding="utf-8") as file:
                for path in paths():
                    answer = await web.get(path)
                    media = answer.headers["content-type"]
                    file.write(json.dumps([path, answer.status_code, media, answer.text], ensure_ascii=False) + "\n")


if __name__ == "__main__":
    asyncio.run(_record())
