"""
The scenario `flooded`: the list begins with domains of very many hosts, all in one /48 each.

The domains after them are those of the scenario `scaled`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from simnet.addressing import BLOCKS
from simnet.blocks import Block, slot
from simnet.hosting import zone
from simnet.scaled import Scaled
from simnet.zones import Zone

# Blocks from which each domain of a flood may take one.
FLOODS: Final = tuple(slot(62 + number, f"flood-{number}", "all_closed") for number in range(3))


@dataclass(frozen=True, kw_only=True)
class Flooded(Scaled):
    """A scenario of `floods` domains with `hosts` hosts each, followed by `count` ordinary domains."""

    floods: int
    hosts: int
    networks: int = 1
    "Blocks that share the hosts of all floods."

    def __reduce__(self) -> tuple[object, ...]:
        return flooded, (self.count, self.floods, self.hosts, self.networks)

    @property
    def flood_domains(self) -> tuple[str, ...]:
        return tuple(f"flood{number}.net" for number in range(self.floods))

    @property
    def domains(self) -> Iterator[str]:
        yield from self.flood_domains
        yield from super().domains

    def find_zone(self, name: str) -> Zone | None:
        apex = ".".join(name.rsplit(".", 2)[-2:])
        return self._flood_zones.get(apex) or super().find_zone(name)

    @cached_property
    def _flood_zones(self) -> dict[str, Zone]:
        return {name: self._flood(name, number) for number, name in enumerate(self.flood_domains)}

    def _flood(self, apex: str, number: int) -> Zone:
        block = FLOODS[number % self.networks]
        first = number // self.networks * self.hosts
        labels = [f"h{n}" for n in range(self.hosts)]
        hosts = {label: (block.address(6, first + n),) for n, label in enumerate(labels)}
        names = [f"{label}.{apex}" for label in labels]
        servers, exchangers = names[::2], names[1::2]
        return zone(apex, hosts, ns=servers, mx=[f"10 {name}" for name in exchangers])


def flooded(count: int, floods: int, hosts: int, networks: int = 1) -> Flooded:
    """Return the scenario of `floods` domains with `hosts` hosts each, followed by `count` ordinary domains."""
    blocks: tuple[Block, ...] = (*BLOCKS, *FLOODS)
    return Flooded(
        name=f"flooded-{count}", blocks=blocks, count=count, opted_out=(), floods=floods, hosts=hosts, networks=networks
    )
