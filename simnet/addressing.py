"""
Addresses of the scenario `scaled`: 384 blocks of web, mail and name servers, in realistic shares.

About 75 of 100 addresses are web servers without mail, 10 do not answer
pings, and 10 are never reached by a trace.
"""

from __future__ import annotations

from typing import Final

from simnet.blocks import Block, Reverse
from simnet.places import PLACES

# Behaviours of a role's blocks, in rotation. The rare ones alternate: one per rotation.
WEB: Final = (*["web"] * 13, *["web_25_closed"] * 4, *["silent_web"] * 2)
WEB_RARE: Final = ("dead", "filtered", "port443_closed", "host_unreachable")
MAIL: Final = (*["smtp_starttls"] * 9, *["smtp_plain"] * 2, "open", "filtered", "silent", "port25_closed")
MAIL_RARE: Final = ("smtp_late", "smtp_4xx", "smtp_refuses_starttls", "smtp_5xx")
NAME: Final = (*["all_closed"] * 10, *["filtered"] * 4, "dead")
NAME_RARE: Final = ("all_closed", "no_route")

REGIONS: Final = ("near", "near", "far", "near", "shorter6", "near", "far", "longer6")
REVERSES: Final = (*[Reverse.NAMED] * 7, *[Reverse.NXDOMAIN] * 2, Reverse.SERVFAIL)
HOSTS_PER_BLOCK: Final = 254


class Pool:
    """The blocks of one role; addresses are numbered across them, so that neighbours are in different blocks."""

    def __init__(self, role: str, first: int, count: int, usual: tuple[str, ...], rare: tuple[str, ...]) -> None:
        self.blocks = tuple(_block(role, first + number, number, usual, rare) for number in range(count))

    def addresses(self, number: int, *, ipv4: bool = True, ipv6: bool = False) -> tuple[str, ...]:
        """Return the addresses of host `number`; if there are more hosts than addresses, hosts share them."""
        block = self.blocks[number % len(self.blocks)]
        host = number // len(self.blocks) % HOSTS_PER_BLOCK
        four = (block.address(4, host),) if ipv4 else ()
        return (*four, block.address(6, host)) if ipv6 else four


def _block(role: str, slot: int, number: int, usual: tuple[str, ...], rare: tuple[str, ...]) -> Block:
    turn, place = divmod(number, len(usual) + 1)
    return Block(
        name=f"{role}-{number}",
        behaviour=usual[place] if place < len(usual) else rare[turn % len(rare)],
        # 198.18.128.0/17, then 198.19.0.0/16.
        network4=f"198.{18 + (slot + 128) // 256}.{(slot + 128) % 256}.0/24",
        network6=f"2001:db8:{0x8000 + slot:x}::/48",
        region={"shorter6": "short6", "longer6": "long6"}.get(name := REGIONS[turn % len(REGIONS)], name),
        place=tuple(PLACES)[number * 7 % len(PLACES)],
        reverse=REVERSES[number * 3 % len(REVERSES)],
    )


WEB_POOL: Final = Pool("web", 0, 256, WEB, WEB_RARE)
MAIL_POOL: Final = Pool("mail", 256, 64, MAIL, MAIL_RARE)
NAME_POOL: Final = Pool("name", 320, 64, NAME, NAME_RARE)
BLOCKS: Final = (*WEB_POOL.blocks, *MAIL_POOL.blocks, *NAME_POOL.blocks)
