"""Time servers, and the zones that lead to them; port 123 of every other address is closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from simnet.behaviours import Ntp
from simnet.hosting import both, zone
from simnet.zones import Zone

FIRST_HOST: Final = 240
# The good clock differs by this.
OFFSET_S: Final = 0.25
STRATUM: Final = 2
REFERENCE_ID: Final = "198.18.1.123"


def apex(ntp: Ntp) -> str:
    """Return the domain of a clock."""
    return f"clock-{ntp.replace('_', '-')}.example"


def addresses(ntp: Ntp) -> tuple[str, ...]:
    """Return the addresses of a clock."""
    return both("open", FIRST_HOST + list(Ntp).index(ntp))


CLOCKS: Final[Mapping[str, Ntp]] = {address: ntp for ntp in Ntp for address in addresses(ntp)}
"By address."


def clock_zones() -> Iterator[Zone]:
    """Return a zone for each clock, whose `ntp` has its addresses."""
    for ntp in Ntp:
        yield zone(apex(ntp), {"ntp": addresses(ntp)})
