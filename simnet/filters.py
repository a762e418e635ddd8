"""
The packet filter of each namespace, as nft(8) text: which packets are dropped or rejected.

Stateless on purpose: connection tracking would cost memory per connection and
time per packet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from simnet.behaviours import PORTS, Behaviour, Gone
from simnet.blocks import LEAST_MTU, Block, networks
from simnet.name_servers import NameServer
from simnet.topology import FAMILIES, MUTE_ROUTER, REGIONS, Family

# Counted in the vantage namespace, because packets that never leave the machine never pass the forwarder.
FIRST_ROUTER = "r1"
FULL_MTU = 1500
# Of IPv6 and TCP, without options.
TCP_HEADERS_BYTES = 60
LOCAL_COUNTERS = ("loopback4", "loopback6", "link_local6")


def servers(blocks: Iterable[Block], region: str) -> list[str]:
    """Return the filter of a region's servers."""
    here = [block for block in blocks if block.region == region]
    rules = [
        *_rules(here, "dead", lambda behaviour: behaviour.gone is Gone.DEAD, "", "drop"),
        *_rules(here, "quiet", lambda behaviour: not behaviour.echo, "{icmp} type echo-request", "drop"),
    ]
    for port in PORTS:
        rules += _port_rules(here, port)
    return _table("input", [*rules, *_name_server_rules(here)])


def _name_server_rules(blocks: Iterable[Block]) -> list[str]:
    closed = networks([block for block in blocks if block.dns6 is NameServer.CLOSED], 6)
    without_tcp = networks([block for block in blocks if block.dns6 in (NameServer.CLOSED, NameServer.UDP_ONLY)], 6)
    reject = "reject with icmpv6 type port-unreachable", "reject with tcp reset"
    rules = [f"add rule inet sim input ip6 daddr {prefix} udp dport 53 {reject[0]}" for prefix in closed]
    return rules + [f"add rule inet sim input ip6 daddr {prefix} tcp dport 53 {reject[1]}" for prefix in without_tcp]


def _port_rules(blocks: Iterable[Block], port: int) -> list[str]:
    match = f"tcp dport {port}"
    return [
        *_rules(blocks, f"closed{port}", lambda behaviour: port in behaviour.closed, match, "reject with tcp reset"),
        *_rules(blocks, f"filtered{port}", lambda behaviour: port in behaviour.filtered, match, "drop"),
    ]


def router(blocks: Iterable[Block], name: str) -> list[str]:
    """Return the filter of a router: the last one reports hosts as unreachable, the first has no route to some."""
    if name == MUTE_ROUTER:
        return _table(
            "output",
            [
                "add rule inet sim output icmp type time-exceeded drop",
                "add rule inet sim output icmpv6 type time-exceeded drop",
            ],
        )
    rules: list[str] = []
    for family in FAMILIES:
        behind = [block for block in blocks if REGIONS[block.region].path(family)[-1] == name]
        rules += _rules(
            behind,
            "missing",
            lambda behaviour: behaviour.gone is Gone.HOST_UNREACHABLE,
            "",
            "reject with icmpx type host-unreachable",
            chain="forward",
            families=(family,),
        )
    rules += _tunnels([block for block in blocks if REGIONS[block.region].path6[-1] == name])
    if name == FIRST_ROUTER:
        # By the filter, because Linux limits the answers of the routing table itself to a few messages, machine-wide.
        rules += _rules(
            blocks,
            "unrouted",
            lambda behaviour: behaviour.gone is Gone.NO_ROUTE,
            "",
            "reject with icmpx type no-route",
            chain="forward",
        )
    return _table("forward", rules)


def _tunnels(blocks: Iterable[Block]) -> list[str]:
    """Return the rules of tunnels: they lower the MSS to their MTU, and some drop larger packets."""
    lines = []
    for block in blocks:
        syn = f"ip6 saddr {block.network6} tcp flags & syn == syn"
        if block.largest6 < FULL_MTU:
            mss_bytes = block.largest6 - TCP_HEADERS_BYTES
            lines.append(f"add rule inet sim forward {syn} tcp option maxseg size set {mss_bytes}")
        if block.black_hole:
            lines.append(f"add rule inet sim forward ip6 daddr {block.network6} meta length > {LEAST_MTU} drop")
    return lines


def vantage() -> list[str]:
    """Return rules that count the Echo Requests and SYNs that a crawler sends to its own machine and link."""
    ports = ", ".join(str(port) for port in PORTS)
    rules = [f"add counter inet sim {name}" for name in LOCAL_COUNTERS]
    for counter, match, icmp in (
        ("loopback4", "ip daddr 127.0.0.0/8", "icmp"),
        ("loopback6", "ip6 daddr ::1", "icmpv6"),
        ("link_local6", "ip6 daddr fe80::/10", "icmpv6"),
    ):
        syn = f"tcp flags & (syn | ack) == syn tcp dport {{ {ports} }}"
        rules += [
            f"add rule inet sim output {match} {packet} counter name {counter}"
            for packet in (syn, f"{icmp} type echo-request")
        ]
    return _table("output", rules)


def cut(families: Iterable[Family]) -> list[str]:
    """Return rules by which the first router drops what it forwards towards the world, like a dead uplink behind it."""
    rules = [f'add rule inet cut forward oifname "to-r2" meta nfproto ipv{family} drop' for family in families]
    return ["add table inet cut", "add chain inet cut forward { type filter hook forward priority 0; }", *rules]


def ban(seconds: int) -> list[str]:
    """Return a firewall that bans the sender of a SYN to ports 25 or 443, as many appliances do with scanners."""
    if not seconds:
        return []
    lines = ["add table inet ban", "add chain inet ban in { type filter hook prerouting priority -150; }"]
    for number, protocol in ((4, "ip"), (6, "ip6")):
        held = f"meta nfproto ipv{number} add @b{number} {{ {protocol} saddr }} drop"
        lines += [
            f"add set inet ban b{number} {{ type ipv{number}_addr; flags dynamic,timeout; timeout {seconds}s; }}",
            f"add rule inet ban in iif != lo {protocol} saddr @b{number} drop",
            f"add rule inet ban in iif != lo tcp dport {{ 25, 443 }} tcp flags syn {held}",
        ]
    return lines


def limit(per_minute: int) -> list[str]:
    """Return a limit of Echo Requests, for all senders and targets together."""
    if not per_minute:
        return []
    lines = ["add table inet echoes", "add chain inet echoes in { type filter hook prerouting priority -140; }"]
    rate = f"limit rate over {per_minute}/minute burst 5 packets drop"
    return lines + [f"add rule inet echoes in {icmp} type echo-request {rate}" for icmp in ("icmp", "icmpv6")]


def _table(hook: str, rules: list[str]) -> list[str]:
    head = ["add table inet sim", f"add chain inet sim {hook} {{ type filter hook {hook} priority 0; }}"]
    return head + rules if rules else []


def _rules(
    blocks: Iterable[Block],
    name: str,
    selects: Callable[[Behaviour], bool],
    match: str,
    verdict: str,
    chain: str = "input",
    families: tuple[Family, ...] = FAMILIES,
) -> list[str]:
    chosen = [block for block in blocks if selects(block.behaves)]
    lines: list[str] = []
    for family in families:
        if prefixes := networks(chosen, family):
            protocol, icmp = ("ip", "icmp") if family == 4 else ("ip6", "icmpv6")
            lines += [
                f"add set inet sim {name}{family} {{ type ipv{family}_addr; flags interval; }}",
                f"add element inet sim {name}{family} {{ {', '.join(prefixes)} }}",
                f"add rule inet sim {chain} {protocol} daddr @{name}{family} {match.format(icmp=icmp)} {verdict}",
            ]
    return lines
