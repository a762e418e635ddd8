"""Addresses of every kind of page, over the crawls of `tests.web.summaries`."""

from __future__ import annotations

from typing import Final

from ipv6matrix.web.pages.views import VIEWS

ONES: Final = ("/", *(f"/{name}" for name in VIEWS))
"Views as they open."
OTHERS: Final = tuple(f"/{name}?group={group}" for name, view in VIEWS.items() for group in (*view.groups[1:], "date"))
"Views in their other groups."
PLACES: Final = ("/hosts/country-DE", "/ping/country-DE?measure=ratio", "/country-DE", "/tld-de")
READINESS: Final = (
    *("/readiness", "/readiness?date=2022-07-20", "/readiness/country-DE", "/readiness/tag-uni?group=date"),
    *("/readiness/domains", "/readiness/changes", "/readiness/hall-of-fame", "/readiness/tag-uni/domains"),
)
DOMAINS: Final = (
    "/domain",
    "/domain?q=site",
    "/domain?q=nothing",
    "/domain-a_b.de",
    "/domain-once.com",
    "/domain-north.example",
)
TEXTS: Final = ("/changes", "/changes?from=2022-07-20&to=2024-02-29", "/about", "/methodology", "/credits", "/api")
FAULTS: Final = ("/nothing", "/hosts?date=never", "/domain-nowhere.example", "/country-QX")
"Pages that say what is wrong."

ALL: Final = (*ONES, *OTHERS, *PLACES, *READINESS, *DOMAINS, *TEXTS, *FAULTS)

LOOKED_AT: Final = (
    *ONES,
    *("/hosts?group=tld", "/hosts?group=type", "/dualstack?group=date", "/ping?group=date", "/reach?group=service"),
    *PLACES,
    *READINESS,
    *("/domain?q=site", "/domain-a_b.de", "/domain-once.com", "/domain-site06.uk"),
    *TEXTS,
    *FAULTS[:2],
)
"Every view, every group, every template: what a browser needs time for is looked at in these."
OF_ONE_CRAWL: Final = (
    *("/", "/dualstack", "/ping?group=date", "/country-DE", "/changes", "/readiness?group=date"),
    *("/readiness/changes", "/readiness/hall-of-fame"),
)
"What looks different while there is a single crawl."
