"""The scenario `showcase`: some 400 domains that together cover every case, and a list of them with invalid lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from simnet.blocks import BLOCKS, Block
from simnet.clocks import CLOCKS, clock_zones
from simnet.oddities import MISSING, OPTED_OUT, oddities
from simnet.ordinary import ordinary
from simnet.providers import PROVIDERS
from simnet.scenario import Scenario
from simnet.sites import SITES, site_zones
from simnet.unlisted import unlisted
from simnet.zones import Zone

BOM: Final = "\ufeff"
# Lines that contain no valid name, and the reason word of each.
REFUSED: Final = {
    "double..dot.example": "invalid_name",
    "http://scheme.example/index.html": "invalid_name",
    "someone@mail.example": "invalid_name",
    "two words.example": "invalid_name",
    "bad!character.example": "invalid_name",
    "*.star.example": "invalid_name",
    f"{'.'.join(['too-long'] * 31)}.example": "name_too_long",
    f"{'.'.join(['o' * 50] * 6)}.example": "name_too_long",
}
# Spelling of some names in the list: upper case, spaces, a final dot, U-labels.
WRITTEN: Final = {
    "ipv4-only.example": "IPv4-Only.EXAMPLE",
    "ipv6-only.example": "  ipv6-only.example\t",
    "rotating.example": "rotating.example.",
    "xn--bcher-kva.example": "bücher.example",
    "xn--mnchen-3ya.de": "München.de",
    "xn--e1afmkfd.xn--p1ai": "пример.рф",
}
DUPLICATES: Final = ("open.example", "OPEN.example", "xn--bcher-kva.example", "rotating.example", "web.example.")


@dataclass(frozen=True, kw_only=True)
class Showcase(Scenario):
    """The scenario, with the expected result of reading its list."""

    listed: tuple[str, ...]
    "Every domain of the list, normalised, once, in the order of the list."

    @property
    def domains(self) -> Iterable[str]:
        return self.listed

    @cached_property
    def refused(self) -> Mapping[str, int]:
        """Return the number of lines without a domain, by reason word."""
        return Counter([*REFUSED.values(), *("duplicate" for _ in DUPLICATES)])


def showcase(more: Iterable[str] = (), zones: Iterable[Zone] = (), blocks: tuple[Block, ...] = ()) -> Showcase:
    """Return the scenario; `more` are further domains to list, with their zones and blocks."""
    odd, plain = (*oddities(), *site_zones(), *clock_zones()), tuple(ordinary())
    listed = (*(zone.apex for zone in odd), *MISSING, *(zone.apex for zone in plain), *more)
    return Showcase(
        name="showcase",
        blocks=(*BLOCKS, *blocks),
        zones={zone.apex: zone for zone in (*PROVIDERS, *odd, *plain, *unlisted(), *zones)},
        listed=listed,
        lines=tuple(_lines(listed)),
        sites=SITES,
        clocks=CLOCKS,
        opted_out=OPTED_OUT,
    )


def _lines(listed: tuple[str, ...]) -> Iterator[str]:
    """Return the list as users write it: with a byte-order mark, comments, blank lines and mixed line ends."""
    yield f"{BOM}# domains of the showcase\r\n"
    for number, name in enumerate(listed):
        yield WRITTEN.get(name, name) + ("\r\n" if number % 3 == 0 else "\n")
        if number % 50 == 0:
            yield "\n" if number % 100 else "   \r\n# another fifty\n"
    yield from (f"{line}\n" for line in (*REFUSED, *DUPLICATES))
    yield "# the end, without a line end"
