"""
What can be summed by date and group, with the names of the current API.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement

from ipv6matrix.readiness.levels import Level
from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, HOST_DATA, REACHABILITY
from ipv6matrix.web.read_model.schema import LEVELS
from ipv6matrix.web.sums import Figures

_HOST: Final = HOST_DATA.c
_REACH: Final = REACHABILITY.c
_DOMAIN: Final = DOMAIN_PENETRATION.c

_HOSTS_WITH_IPV6: Final = _HOST.hosts6 + _HOST.dualstack

HOSTS: Final = Figures(
    table=HOST_DATA,
    groups=("tld", "country", "type"),
    fields={
        "hosts": _HOST.hosts,
        "unknown": _HOST.unknown,
        "with_ipv6": _HOSTS_WITH_IPV6,
        "ipv4_only": _HOST.hosts4,
        "ipv6_only": _HOST.hosts6,
        "dual_stack": _HOST.dualstack,
        "no_address": _HOST.noip,
        "ping_hosts": _HOST.pinghosts,
        "ping_faster_over_ipv6": _HOST.faster,
        "ping_ipv4_sum_ms": _HOST.ping4,
        "ping_ipv6_sum_ms": _HOST.ping6,
        "path_hosts": _HOST.pathhosts,
        "path_shorter_over_ipv6": _HOST.fewer,
        "path_ipv4_sum_hops": _HOST.hops4,
        "path_ipv6_sum_hops": _HOST.hops6,
    },
    ratios={
        "ipv6_share": (_HOSTS_WITH_IPV6, _HOST.hosts - _HOST.unknown),
        "ping_ratio": (_HOST.ping6, _HOST.ping4),
        "path_ratio": (_HOST.hops6, _HOST.hops4),
    },
)

# Unknown hosts are not counted by family, so a share would call an error an absence.
REACHABLE: Final = Figures(
    table=REACHABILITY,
    groups=("tld", "country", "service"),
    fields={
        "ipv4_hosts": _REACH.hosts4,
        "ipv6_hosts": _REACH.hosts6,
        "ipv4_open": _REACH.reach4,
        "ipv6_open": _REACH.reach6,
        "unknown": _REACH.unknown,
    },
)

_KINDS: Final = ("www", "mx", "ns", "ntp")
SERVICES: Final = Figures(
    table=DOMAIN_PENETRATION,
    groups=("tld", "country"),
    fields={
        "domains": _DOMAIN.domains,
        **{
            f"{kind}_{name}": _DOMAIN[column]
            for kind in _KINDS
            for name, column in (("known", f"{kind}_known"), ("with_ipv6", kind), ("unknown", f"{kind}_unknown"))
        },
    },
    ratios={f"{kind}_ipv6_share": (_DOMAIN[kind], _DOMAIN[f"{kind}_known"]) for kind in _KINDS},
)

PENETRATION: Final = Figures(
    table=DOMAIN_PENETRATION,
    groups=("tld", "country"),
    fields={
        "domains": _DOMAIN.domains,
        "unknown": _DOMAIN.unknown,
        "with_ipv6": _DOMAIN.domains6,
        "www_with_ipv6": _DOMAIN.www,
        "mx_with_ipv6": _DOMAIN.mx,
        "ns_with_ipv6": _DOMAIN.ns,
        "ntp_with_ipv6": _DOMAIN.ntp,
    },
    ratios={"ipv6_share": (_DOMAIN.domains6, _DOMAIN.domains - _DOMAIN.unknown)},
)

LEVEL_NAMES: Final = {level: level.label.replace("+", "plus") for level in Level}
"How levels are written in names of fields."

_LEVELS: Final = LEVELS.c


def _from(reading: str, level: Level) -> ColumnElement[int]:
    """Return the domains of a row, in a reading, with at least a level."""
    first, *others = (_LEVELS[f"{reading}_{number}"] for number in range(level, len(Level)))
    return sum(others, first)


REACHED: Final = {
    f"{reading}_from_{name}": _from(reading, level)
    for level, name in LEVEL_NAMES.items()
    if level
    for reading in ("certain", "possible")
}
"Domains with at least a level, in both readings."

READINESS: Final = Figures(
    table=LEVELS,
    groups=("tld", "country", "bracket"),
    fields={
        "domains": _LEVELS.domains,
        "unknown": _LEVELS.unknown,
        **{
            f"{reading}_{name}": _LEVELS[f"{reading}_{level:d}"]
            for reading in ("certain", "possible")
            for level, name in LEVEL_NAMES.items()
        },
    },
    ratios={f"{name}_share": (expression, _LEVELS.domains) for name, expression in REACHED.items()},
)
