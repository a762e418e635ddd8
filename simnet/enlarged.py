"""The scenario `enlarged`: the showcase with any number of further domains, drawn as those of `scaled` by a seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simnet.addressing import BLOCKS
from simnet.ordinary import COUNT
from simnet.scaled import domain_name, scaled
from simnet.scenario import PUBLIC_ZONES, Scenario
from simnet.showcase import Showcase, showcase
from simnet.zones import Zone


def enlarged(count: int, seed: int) -> Showcase:
    """Return the showcase with `count` more domains, whose names begin after those of the ordinary ones."""
    names = [domain_name(number) for number in range(COUNT, COUNT + count)]
    return showcase(names, _zones(scaled(COUNT + count, seed), names), BLOCKS)


def _zones(scenario: Scenario, names: Iterable[str]) -> Iterator[Zone]:
    """Yield the zones of some domains, and those to which they lead."""
    waiting, visited = list(names), set(PUBLIC_ZONES)
    while waiting:
        zone = scenario.find_zone(waiting.pop())
        if zone and zone.apex not in visited:
            visited.add(zone.apex)
            yield zone
            for (_, rdtype), texts in zone.records.items():
                if rdtype in ("NS", "MX", "CNAME"):
                    waiting += [text.split()[-1].rstrip(".").lower() for text in texts]
