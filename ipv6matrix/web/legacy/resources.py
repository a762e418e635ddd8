"""
The resources of the API of 2022: its names, and the columns behind them.
"""

from __future__ import annotations

from typing import Final

from ipv6matrix.summaries.tables import DOMAIN_PENETRATION, DOMAINS, HOST_DATA, REACHABILITY
from ipv6matrix.web.sums import Figures

_HOST: Final = HOST_DATA.c
_HOST_GROUPS: Final = ("tld", "country", "type")
_PING: Final = {"faster": _HOST.faster, "ping4": _HOST.ping4, "ping6": _HOST.ping6}
_PATH: Final = {"fewer": _HOST.fewer, "hops4": _HOST.hops4, "hops6": _HOST.hops6}

FIGURES: Final = {
    "hosts": Figures(
        table=HOST_DATA, groups=_HOST_GROUPS, fields={"hosts": _HOST.hosts, "hosts6": _HOST.hosts6 + _HOST.dualstack}
    ),
    "dualstack": Figures(
        table=HOST_DATA,
        groups=_HOST_GROUPS,
        fields={name: _HOST[name] for name in ("hosts", "hosts4", "hosts6", "dualstack", "noip")},
    ),
    "ping": Figures(table=HOST_DATA, groups=_HOST_GROUPS, fields={"hosts": _HOST.pinghosts, **_PING}),
    "path": Figures(table=HOST_DATA, groups=_HOST_GROUPS, fields={"hosts": _HOST.pathhosts, **_PATH}),
    "reach": Figures(
        table=REACHABILITY,
        groups=("tld", "country", "service"),
        fields={name: REACHABILITY.c[name] for name in ("hosts4", "hosts6", "reach4", "reach6")},
    ),
    "domains": Figures(
        table=DOMAIN_PENETRATION,
        groups=("tld", "country"),
        fields={name: DOMAIN_PENETRATION.c[name] for name in ("domains", "domains6", "www", "ns", "mx", "ntp")},
    ),
    # One row per date, for the country in the path.
    "country": Figures(
        table=HOST_DATA,
        groups=("country",),
        fields={
            "hosts": _HOST.hosts,
            "hosts4": _HOST.hosts4,
            "hosts6": _HOST.hosts6 + _HOST.dualstack,
            "hosts6only": _HOST.hosts6,
            "dualstack": _HOST.dualstack,
            "noip": _HOST.noip,
            "pinghosts": _HOST.pinghosts,
            **_PING,
            "pathhosts": _HOST.pathhosts,
            **_PATH,
        },
    ),
}

# The API of 2022 had no field for what is unknown.
DOMAIN_FIELDS: Final = tuple(column for column in DOMAINS.c if column.name != "unknown")
