"""Addresses of every kind of page, over the crawls of `tests.web.summaries`."""

from __future__ import annotations

from typing import Final

from ipv6matrix.web.pages.views import VIEWS

ONES: Final = ("/", *(f"/{name}" for name in VIEWS))
"Views as they open."
OTHERS: Final = tuple(f"/{name}?group={group}" for name, view in VIEWS.items() for group in (*view.groups[1:], "date"))
"Views in their other groups."
PLACES: Final = ("/hosts/country-DE", "/ping/country-DE?measure=ratio", "/country-DE", "/tld-de")
DOMAINS: Final = ("/domain", "/domain?q=site", "/domain?q=nothing", "/domain-a_b.de", "/domain-once.com")
TEXTS: Final = ("/changes", "/changes?from=2022-07-20&to=2024-02-29", "/about", "/methodology", "/credits", "/api")
FAULTS: Final = ("/nothing", "/hosts?date=never", "/domain-nowhere.example", "/country-QX")
"Pages that say what is wrong."

ALL: Final = (*ONES, *OTHERS, *PLACES, *DOMAINS, *TEXTS, *FAULTS)

LOOKED_AT: Final = (
    *ONES,
    *("/hosts?group=tld", "/hosts?group=type", "/dualstack?group=date", "/ping?group=date", "/reach?group=service"),
    *PLACES,
    *("/domain?q=site", "/domain-a_b.de", "/domain-once.com"),
    *TEXTS,
    *FAULTS[:2],
)
"Every view, every group, every template: what a browser needs time for is looked at in these."
OF_ONE_CRAWL: Final = ("/", "/dualstack", "/ping?group=date", "/country-DE", "/changes")
"What looks different while there is a single crawl."
