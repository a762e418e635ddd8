"""
The six views: what each counts, measures and explains.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ipv6matrix.web.pages.measures import Measure, View
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE, SERVICES


def _hosts(key: str, title: str, part: str) -> Measure:
    return Measure(key=key, title=title, part=part, whole="hosts", less="unknown")


_ANY: Final = Measure(key="any", title="Any host", part="with_ipv6", whole="domains", less="unknown")


def _domains(key: str, title: str) -> Measure:
    older = Measure(key=key, title=title, part=f"{key}_with_ipv6", whole="domains", less="unknown")
    return Measure(key=key, title=title, part=f"{key}_with_ipv6", whole=f"{key}_known", older=older)


# All fields of /api/v1/penetration and of /api/v1/services.
_DOMAINS: Final = replace(PENETRATION, fields={**PENETRATION.fields, **SERVICES.fields}, ratios={})

_KNOWN: Final = "Shares are of the hosts that are known; unknown ones are counted separately."
_DUAL: Final = _hosts("dual", "Dual stack", "dual_stack")
_SIX: Final = _hosts("six", "IPv6 only", "ipv6_only")
_FOUR: Final = _hosts("four", "IPv4 only", "ipv4_only")

VIEWS: Final = {
    view.name: view
    for view in (
        View(
            name="hosts",
            title="Hosts with IPv6",
            question="How many name, mail, web and time servers have an IPv6 address?",
            explanation=f"A host counts as one with IPv6 if it has an IPv6 address, with or without IPv4. {_KNOWN}",
            figures=HOSTS,
            measures=(_hosts("share", "With IPv6", "with_ipv6"),),
            api="hosts",
            total="hosts",
            columns={"hosts": "Hosts", "unknown": "Unknown", "with_ipv6": "With IPv6"},
        ),
        View(
            name="dualstack",
            title="Address families of hosts",
            question="Do hosts have IPv4 only, IPv6 only, or both?",
            explanation="A dual-stack host has addresses of both families. A host without an address is in no country"
            f" and counted nowhere here; “no address” is more than 0 only in crawls that counted it. {_KNOWN}",
            figures=HOSTS,
            measures=(_DUAL, _SIX, _FOUR),
            kinds=(_FOUR, _DUAL, _SIX, _hosts("none", "No address", "no_address")),
            api="hosts",
            total="hosts",
            columns={
                "hosts": "Hosts",
                "unknown": "Unknown",
                "dual_stack": "Dual stack",
                "ipv6_only": "IPv6 only",
                "ipv4_only": "IPv4 only",
                "no_address": "No address",
            },
        ),
        View(
            name="ping",
            title="Round-trip times",
            question="Is IPv6 quicker or slower than IPv4?",
            explanation="Of hosts that answer Echo Requests over both families: the share that answers sooner over"
            " IPv6, and the sum of round-trip times over IPv6 divided by that over IPv4. Below 1, IPv6 is quicker.",
            figures=HOSTS,
            measures=(
                Measure(key="faster", title="Quicker over IPv6", part="ping_faster_over_ipv6", whole="ping_hosts"),
                Measure(
                    key="ratio",
                    title="Round-trip time, IPv6 / IPv4",
                    part="ping_ipv6_sum_ms",
                    whole="ping_ipv4_sum_ms",
                    unit="ratio",
                ),
            ),
            api="hosts",
            total="ping_hosts",
            columns={
                "ping_hosts": "Hosts measured",
                "ping_faster_over_ipv6": "Quicker over IPv6",
                "ping_ipv4_sum_ms": "Sum IPv4 (ms)",
                "ping_ipv6_sum_ms": "Sum IPv6 (ms)",
            },
        ),
        View(
            name="path",
            title="Length of paths",
            question="Is the path shorter or longer over IPv6?",
            explanation="Of hosts that traces reached over both families: the share that is fewer hops away over"
            " IPv6, and the sum of hops over IPv6 divided by that over IPv4. Below 1, the path over IPv6 is shorter.",
            figures=HOSTS,
            measures=(
                Measure(key="fewer", title="Nearer over IPv6", part="path_shorter_over_ipv6", whole="path_hosts"),
                Measure(
                    key="ratio",
                    title="Hops, IPv6 / IPv4",
                    part="path_ipv6_sum_hops",
                    whole="path_ipv4_sum_hops",
                    unit="ratio",
                ),
            ),
            api="hosts",
            total="path_hosts",
            columns={
                "path_hosts": "Hosts measured",
                "path_shorter_over_ipv6": "Nearer over IPv6",
                "path_ipv4_sum_hops": "Sum IPv4 (hops)",
                "path_ipv6_sum_hops": "Sum IPv6 (hops)",
            },
        ),
        View(
            name="reach",
            title="Reachable services",
            question="Do web and mail servers with an address answer at it?",
            explanation="Hosts whose port is open, of the hosts with an address of that family. Hosts that could not be"
            " probed are not counted by family, so each share is a lower bound; see “unknown”.",
            figures=REACHABLE,
            measures=(
                Measure(key="six", title="Open over IPv6, at least", part="ipv6_open", whole="ipv6_hosts"),
                Measure(key="four", title="Open over IPv4, at least", part="ipv4_open", whole="ipv4_hosts"),
            ),
            api="reachability",
            total="ipv4_hosts",
            columns={
                "ipv6_hosts": "Hosts IPv6",
                "ipv6_open": "Open IPv6",
                "ipv4_hosts": "Hosts IPv4",
                "ipv4_open": "Open IPv4",
                "unknown": "Unknown",
            },
        ),
        View(
            name="domains",
            title="Domains with IPv6",
            question="How many domains can be used over IPv6, and for what?",
            explanation="A domain counts if some host of that kind has an IPv6 address. Each share is of the domains"
            " that have such a host and of which it is known; unknown ones are counted separately. Crawls of earlier"
            " versions did not count which domains have a web, mail, name or time server: shares marked \u2265 are of"
            " all known domains, and lower bounds.",
            figures=_DOMAINS,
            measures=(
                _ANY,
                _domains("www", "Web"),
                _domains("ns", "Name servers"),
                _domains("mx", "Mail"),
                _domains("ntp", "Time"),
            ),
            api="penetration",
            total="domains",
            columns={
                "domains": "Domains",
                "unknown": "Unknown",
                "with_ipv6": "With IPv6",
                "www_with_ipv6": "Web",
                "ns_with_ipv6": "Name servers",
                "mx_with_ipv6": "Mail",
                "ntp_with_ipv6": "Time",
            },
        ),
    )
}
