"""Builds the namespaces, links, routes and filters of the simulated Internet."""

from __future__ import annotations

import errno
import fcntl
import os
import struct
from collections.abc import Iterable
from functools import partial
from typing import Final

from simnet import blocks as block_plan
from simnet import filters, namespaces
from simnet.blocks import Block
from simnet.namespaces import InternetUnavailable, Namespace
from simnet.topology import (
    FAMILIES,
    REGIONS,
    RESOLVER,
    RESOLVER_ADDRESS,
    VANTAGE,
    Family,
    Link,
    links,
    next_hops,
    nodes,
)

TUN_DEVICE: Final = "/dev/net/tun"
TUNSETIFF: Final = 0x400454CA
IFF_TUN_NO_PI: Final = 0x1001
QUEUE: Final = 20_000
DEFAULT: Final[dict[Family, str]] = {4: "0.0.0.0/0", 6: "::/0"}

# No duplicate address detection and no router solicitations: addresses work at once.
_QUIET: Final = {
    f"net__ipv6__conf__{scope}__{name}": value
    for scope in ("all", "default")
    for name, value in {"accept_dad": "0", "accept_ra": "0", "autoconf": "0", "router_solicitations": "0"}.items()
}
# No link-local addresses, so that the vantage point sends nothing unrequested. Routers need theirs to
# solicit the neighbours that they forward to.
_VANTAGE: Final = {"net__ipv6__conf__default__addr_gen_mode": "1"}
# Linux limits the ICMP errors that a machine sends; the routers of a real path are many machines.
_LIMITS: Final = {
    "net__ipv4__icmp_ratelimit": "0",
    "net__ipv4__icmp_ratemask": "0",
    "net__ipv4__icmp_msgs_per_sec": "1000000",
    "net__ipv4__icmp_msgs_burst": "1000000",
    "net__ipv6__icmp__ratelimit": "0",
    "net__ipv6__icmp__ratemask": "",
    "net__ipv4__conf__all__rp_filter": "0",
    "net__ipv4__conf__default__rp_filter": "0",
    "net__core__somaxconn": "16384",
    "net__ipv4__tcp_max_syn_backlog": "16384",
    "net__ipv4__tcp_syncookies": "1",
}
# On a busy machine, a neighbour that is slow to answer is not gone: 30 solicitations a second apart, not 3.
_PATIENCE: Final = {"mcast_solicit": "30", "ucast_solicit": "30"}
_ROUTER: Final = {"net__ipv4__ip_forward": "1", "net__ipv6__conf__all__forwarding": "1"}


class Network:
    """The namespaces of one simulated Internet, without its services."""

    def __init__(self, blocks: Iterable[Block], *, near_resolver: bool) -> None:
        self._blocks = tuple(blocks)
        self._links = links(near_resolver=near_resolver)
        self._near_resolver = near_resolver
        self.namespaces: dict[str, Namespace] = {VANTAGE: namespaces.enter()}
        self.delayed: list[tuple[Link, int, int]] = []
        "Links with a delay, and the descriptors of the TUN devices at their upper and lower end."

    def build(self) -> None:
        """Create everything; raises InternetUnavailable if the machine does not support it."""
        for node in nodes(self._links):
            if node != VANTAGE:
                self.namespaces[node] = namespaces.create(node)
            self.namespaces[node].set(**_QUIET, **_LIMITS)
        self.namespaces[VANTAGE].set(**_VANTAGE)
        self._make_links()
        for node, namespace in self.namespaces.items():
            namespace.batch("ip", "-batch", "-", lines=[*self._addresses(node), *self._routes(node)])
            namespace.batch("nft", "-f", "-", lines=self._filter(node))
            if node.startswith("r") and node != RESOLVER:
                namespace.set(**_ROUTER)

    def close(self) -> None:
        """Release every namespace except the vantage point, which is cleaned up for the next Network."""
        self.namespaces[VANTAGE].batch("nft", "-f", "-", lines=["add table inet sim", "delete table inet sim"])
        for _, upper, lower in self.delayed:
            os.close(upper)
            os.close(lower)
        for node, namespace in self.namespaces.items():
            if node != VANTAGE:
                namespace.close()

    def _make_links(self) -> None:
        lines = []
        for link in self._links:
            upper, lower = self.namespaces[link.upper], self.namespaces[link.lower]
            if link.delay_ms:
                upper_end = upper.run(partial(_tun, link.device(link.upper)))
                self.delayed.append((link, upper_end, lower.run(partial(_tun, link.device(link.lower)))))
            else:
                lines.append(
                    f"link add name {link.device(link.upper)} netns {upper.path} type veth"
                    f" peer name {link.device(link.lower)} netns {lower.path}"
                )
        self.namespaces[VANTAGE].batch("ip", "-batch", "-", lines=lines)
        for link in self._links:
            self._be_patient(link.upper, link)
            self._be_patient(link.lower, link)

    def _be_patient(self, node: str, link: Link) -> None:
        self.namespaces[node].set(
            **{
                f"net__ipv{family}__neigh__{link.device(node)}__{name}": value
                for family in link.families
                for name, value in _PATIENCE.items()
            }
        )

    def _addresses(self, node: str) -> list[str]:
        lines = []
        for link in self._links:
            if node in (link.upper, link.lower):
                device = link.device(node)
                # The default queue of a TUN device, 500 packets, would overflow in a crawler's burst.
                lines.append(f"link set {device} {f'txqueuelen {QUEUE} ' if link.delay_ms else ''}up")
                lines += [
                    f"address add {link.address(node, family)}/{30 if family == 4 else 64} dev {device}"
                    f"{' nodad' if family == 6 else ''}"
                    for family in link.families
                ]
        if node == RESOLVER:
            # Without nodad, an IPv6 address cannot be bound to before the kernel has found time to accept it.
            lines += [f"address add {a} dev lo{' nodad' if ':' in a else ''}" for a in RESOLVER_ADDRESS.values()]
        return lines

    def _routes(self, node: str) -> list[str]:
        lines: list[str] = []
        for family in FAMILIES:
            if node in REGIONS:
                here = [block for block in self._blocks if block.region == node]
                lines += [f"route add local {prefix} dev lo" for prefix in block_plan.networks(here, family)]
            if node in REGIONS or node in (VANTAGE, RESOLVER):
                lines += self._route(node, DEFAULT[family], VANTAGE if node != VANTAGE else "r1", family)
            else:
                lines += self._router_routes(node, family)
        if node == VANTAGE and self._near_resolver:
            lines += [
                line for family in FAMILIES for line in self._route(node, RESOLVER_ADDRESS[family], RESOLVER, family)
            ]
        return lines

    def _router_routes(self, node: str, family: Family) -> list[str]:
        lines: list[str] = []
        for link in self._links:
            if (
                node not in (link.upper, link.lower)
                and family in link.families
                and RESOLVER not in (link.upper, link.lower)
            ):
                lines += self._route(node, link.network(family), link.upper, family)
        for region in REGIONS:
            here = [block for block in self._blocks if block.region == region]
            for prefix in block_plan.networks(here, family):
                lines += self._route(node, prefix, region, family)
            if family == 6 and node == REGIONS[region].path6[-1]:
                # Only a locked MTU applies to forwarded packets.
                lines += [
                    f"{line} mtu lock {block.mtu6}"
                    for block in here
                    if block.network6 and block.mtu6 < filters.FULL_MTU
                    for line in self._route(node, block.network6, region, family)
                ]
        if not self._near_resolver:
            lines += self._route(node, RESOLVER_ADDRESS[family], RESOLVER, family)
        return lines

    def _route(self, node: str, prefix: str, target: str, family: Family) -> list[str]:
        link = next_hops(self._links, target, family).get(node)
        if link is None:
            return []
        neighbour = link.lower if node == link.upper else link.upper
        return [f"route add {prefix} via {link.address(neighbour, family)} dev {link.device(node)}"]

    def _filter(self, node: str) -> list[str]:
        if node in REGIONS:
            return filters.servers(self._blocks, node)
        if node == VANTAGE:
            return filters.vantage()
        return [] if node == RESOLVER else filters.router(self._blocks, node)


def _tun(name: str) -> int:
    """Create a TUN device in the namespace of the calling thread and return its descriptor."""
    try:
        descriptor = os.open(TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InternetUnavailable(_tun_complaint(error)) from None
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    return descriptor


def _tun_complaint(error: OSError) -> str:
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{TUN_DEVICE} may not be opened by this user: run sudo chmod 0666 {TUN_DEVICE}."
    return (
        f"{TUN_DEVICE} is missing ({error.strerror}): run sudo modprobe tun,"
        f" else sudo mkdir -p /dev/net && sudo mknod -m 0666 {TUN_DEVICE} c 10 200."
    )
