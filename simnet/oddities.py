"""
The unusual domains of the showcase: one for each thing that names, records and servers may do.

All are below `example` (RFC 2606), and each is named after what it shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simnet.behaviours import BEHAVIOURS
from simnet.hosting import NAME_SERVERS, TABLE, both, only4, only6, zone
from simnet.zones import ANY_TYPE, Dnssec, Fault, Zone

# Addresses that must never get a packet, whatever the DNS says; by the domain that has them on `www`.
NEVER_PROBED: Final = {
    "private-10": ("10.1.2.3",),
    "private-172": ("172.16.0.9",),
    "private-192": ("192.168.1.1",),
    "shared": ("100.64.1.1",),
    "loopback": ("127.0.0.1", "::1"),
    "unspecified": ("0.0.0.0", "::"),
    "link-local": ("169.254.1.1", "fe80::1"),
    "multicast": ("224.0.0.1", "ff02::1"),
    "broadcast": ("255.255.255.255",),
    "documentation": ("192.0.2.1", "3fff::1"),
    "unique-local": ("fd00::1",),
    "site-local": ("fec0::1",),
    "mapped": ("::ffff:198.18.16.1",),
    "compatible": ("::198.18.16.1",),
    "translation": ("64:ff9b::c612:1001",),
    "discard": ("100::1",),
    "benchmarking": ("2001:2::1",),
}
# In the list, but without a zone.
MISSING: Final = ("nxdomain.example", "nxdomain.de", "expired-shop-4411.com", "never-registered-2290.org")
# An ECHConfigList of one configuration of an unknown version, without content (RFC 9849 section 4).
ECH: Final = "AAT+DQAA"
# What is after the prefix of an address, by the domain that has it.
IDENTIFIERS: Final = {
    "eui64": "211:22ff:fe33:4455",
    "isatap": "0:5efe:c612:2947",
    "embedded-ipv4": "{ipv4}",
    "embedded-port": "443",
    "low-byte": "7",
    "byte-pattern": "a:b:c:d",
    "random": "8c1f:3e5a:97d2:64b0",
}
OPTED_OUT: Final = ("opted-out.example", "198.18.76.0/24", "2001:db8:13c::/48")
# 249 and 252 octets: too long with the prefix `www.ipv6`, and with any prefix.
LONG: Final = ".".join(("a" * 60, "b" * 60, "c" * 60, "d" * 58, "example"))
LONGEST: Final = ".".join(("e" * 63, "f" * 60, "g" * 60, "h" * 58, "example"))


def oddities() -> Iterator[Zone]:
    """Return the zones of all of them."""
    yield from _servers()
    yield from _faults()
    yield from _aliases()
    yield from _mail_hosts()
    yield from _name_servers()
    yield from _wildcards()
    yield from _addresses()
    yield from _names()
    yield from _relations()
    yield from _identifiers()
    yield from _https()
    yield from _dnssec()
    yield from _over_ipv6_alone()


def _servers() -> Iterator[Zone]:
    """Return, for each behaviour of servers and each other block, a domain whose hosts are there."""
    for block in TABLE:
        apex = f"{block.name.replace('_', '-')}.example"
        if block.name == "opted_out":
            apex = "opted-out-network.example"
        hosts = {"@": both(block.name, 1), "www": both(block.name, 1), "mail": both(block.name, 2)}
        if block.dns6:
            hosts["ns"] = both(block.name, 3)
        mx = (f"10 mail.{apex}",) if block.name in BEHAVIOURS else ()
        yield zone(apex, hosts, mx=mx, ns=(f"ns.{apex}",) if block.dns6 else NAME_SERVERS)


def _faults() -> Iterator[Zone]:
    for fault in (fault for fault in Fault if fault is not Fault.DENIED):
        apex = f"{fault.replace('_', '-')}.example"
        # "silent" is already a behaviour of servers.
        apex = "dns-silent.example" if fault is Fault.SILENT else apex
        yield zone(apex, {"www": both("open", 3)}, mx=("10 mx1.mailbarn.com",), faults={("@", ANY_TYPE): fault})
    for label, rdtype, fault in (
        ("www", "AAAA", Fault.SERVFAIL),
        ("www", "AAAA", Fault.SILENT),
        ("www", "AAAA", Fault.FLAKY),
        ("www", "AAAA", Fault.RECOVERING),
        ("www", "A", Fault.REFUSED),
        ("www", ANY_TYPE, Fault.TRUNCATED),
        ("@", "MX", Fault.SERVFAIL),
        ("@", "MX", Fault.SILENT),
        ("@", "NS", Fault.RECOVERING),
        ("@", "NS", Fault.SERVFAIL),
        ("@", "SOA", Fault.REFUSED),
    ):
        word = "any" if rdtype == ANY_TYPE else rdtype.lower()
        apex = f"{fault}-{word}.example"
        yield zone(apex, {"www": both("open", 4)}, mx=("10 mx1.mailbarn.com",), faults={(label, rdtype): fault})
    # Broken answers to AAAA for hosts that have only IPv4 (RFC 4074).
    for broken in (Fault.DENIED, Fault.NOTIMP):
        yield zone(f"{broken}-aaaa.example", {"www": only4("open", 53)}, faults={("www", "AAAA"): broken})
    # Only the retry pass finds the mail host and the wildcard.
    yield zone(
        "recovering-mx.example",
        {"mail": both("smtp_starttls", 30)},
        mx=("10 mail.recovering-mx.example",),
        faults={("@", "MX"): Fault.RECOVERING},
    )
    yield zone(
        "recovering-wildcard.example",
        {"*": both("web", 18)},
        faults={(label, rdtype): Fault.RECOVERING for label in ("www", "ntp") for rdtype in ("A", "AAAA")},
    )
    yield zone("nodata.example", ns=())
    yield zone("nodata-hosts.example", more={("www.nodata-hosts.example", "TXT"): ("nothing else",)})
    # The name exists only because there is one below it.
    yield zone("empty-non-terminal.example", {"host.www": both("open", 5)})
    yield zone("ttl-zero.example", {"www": both("open", 6)}, ttl_s=0)
    yield zone(
        "large-answer.example",
        {"www": [TABLE.by_name["cairo"].address(4, n) for n in range(40)]},
        ns=tuple(f"a-rather-long-name-server-name-{n}.of-a-hoster-{n}.example" for n in range(12)),
    )


def _aliases() -> Iterator[Zone]:
    target = "web.cname-target.example"
    yield zone(
        "cname-target.example",
        {"web": both("web", 5)},
        aliases={"one": "two.cname-target.example", "two": "three.cname-target.example", "three": target},
    )
    yield zone("cname.example", aliases={"www": target})
    yield zone("cname-chain.example", aliases={"www": "one.cname-target.example"})
    yield zone(
        "cname-loop.example",
        aliases={"www": "a.cname-loop.example", "a": "b.cname-loop.example", "b": "a.cname-loop.example"},
    )
    yield zone("cname-to-itself.example", aliases={"www": "www.cname-to-itself.example"})
    yield zone("cname-dangling.example", aliases={"www": "gone.cname-target.example"})
    yield zone("cname-to-nodata.example", aliases={"www": "www.nodata-hosts.example"})
    yield zone("cname-to-servfail.example", aliases={"www": "www.servfail.example"})
    yield zone("cname-mixed-case.example", aliases={"www": "WEB.CName-Target.Example"})


def _mail_hosts() -> Iterator[Zone]:
    yield zone("null-mx.example", {"www": both("web", 6)}, mx=("0 .",))
    yield zone("no-mx.example", {"@": both("open", 7), "www": both("open", 7)})
    yield zone(
        "duplicate-mx.example",
        mx=("20 mx1.mailbarn.com", "10 mx1.mailbarn.com", "10 MX1.mailbarn.com", "10 mx1.mailbarn.com"),
    )
    yield zone("mx-to-cname.example", mx=("10 alias.mx-to-cname.example",), aliases={"alias": "mx1.mailbarn.com"})
    yield zone("mx-to-missing.example", mx=("10 gone.mailbarn.com",))
    yield zone("mx-to-nodata.example", mx=("10 mailbarn.com",))
    yield zone("mx-to-address.example", mx=("10 198.18.16.9",))
    yield zone("mx-equal.example", mx=("10 mx2.mailbarn.com", "10 mx1.mailbarn.com"))
    yield zone(
        "mx-many.example",
        {f"m{n}": both("smtp_starttls", 12 + n) for n in range(12)},
        mx=tuple(f"{10 * n} m{n}.mx-many.example" for n in range(12)),
    )
    yield zone("mx-preference.example", mx=("65535 mx1.mailbarn.com", "0 mx2.mailbarn.com"))
    yield zone("mx-ipv6-only.example", {"mail": only6("smtp_starttls", 28)}, mx=("10 mail.mx-ipv6-only.example",))


def _name_servers() -> Iterator[Zone]:
    hosts = {f"ns{n}": both("nameservers", 10 + n) for n in range(13)}
    yield zone("thirteen-ns.example", hosts, ns=tuple(f"ns{n}.thirteen-ns.example" for n in range(13)))
    yield zone(
        "ns-without-address.example", {"www": both("open", 8)}, ns=("ns1.ns-without-address.example", "mailbarn.com")
    )
    yield zone("ns-lame.example", {"www": both("open", 9)}, ns=("ns1.harbour-dns.net", "ns9.harbour-dns.net"))
    yield zone("ns-single.example", {"ns": only4("nameservers", 24)}, ns=("ns.ns-single.example",))
    # Over TCP, a missing route could as well be one of the vantage point.
    yield zone("ns-unrouted.example", {"ns": both("no_route", 3)}, ns=("ns.ns-unrouted.example", "ns1.harbour-dns.net"))
    yield zone("ns-ipv6-only.example", {"ns": only6("nameservers", 25)}, ns=("ns.ns-ipv6-only.example",))


def _wildcards() -> Iterator[Zone]:
    yield zone("wildcard.example", {"*": both("web", 7), "@": both("web", 7)})
    yield zone("wildcard-beside-www.example", {"*": both("web", 8), "www": both("web", 9)})
    yield zone("wildcard-cname.example", aliases={"*": "web.cname-target.example"})
    yield zone("wildcard-ipv4.example", {"*": only4("web", 10), "www": both("web", 11)})
    # `ipv6` exists as an empty non-terminal, so the wildcard covers neither it nor anything below
    # it (RFC 4592 section 2.2.2).
    yield zone("wildcard-blocked.example", {"*": both("web", 12), "host.ipv6": both("web", 13)})
    yield zone("wildcard-rotating.example", {"*": (*both("web", 14), *both("web", 15))}, rotating=("*",))


def _addresses() -> Iterator[Zone]:
    for name, addresses in NEVER_PROBED.items():
        yield zone(f"{name}.example", {"www": addresses})
    yield zone("private-first.example", {"www": ("10.0.0.1", "198.18.16.77", "fd00::1", "2001:db8:100::77")})
    yield zone("ipv4-only.example", {"@": only4("open", 10), "www": only4("open", 10)})
    yield zone("apex-only-ipv6.example", {"@": both("open", 54), "www": only4("open", 54)})
    yield zone("ipv6-only.example", {"@": only6("open", 11), "www": only6("open", 11)})
    yield zone(
        "rotating.example",
        {"www": [address for n in (24, 21, 23, 22) for address in both("open", n)]},
        rotating=("www",),
    )
    yield zone(
        "many-addresses.example",
        {"www": [address for n in range(120, 140) for address in both("open", n)]},
        rotating=("www",),
    )
    guesses = ("www", "www6", "ipv6", "www.ipv6", "six", "ntp", "time")
    yield zone("every-guess.example", {label: both("open", 30 + n) for n, label in enumerate(guesses)})
    yield zone("one-address.example", {label: both("open", 40) for label in guesses})


def _names() -> Iterator[Zone]:
    yield zone(
        "mixed-case.example",
        {"ns1": both("nameservers", 26), "mail": both("smtp_starttls", 29), "www": both("open", 41)},
        ns=("NS1.Mixed-Case.Example", "Ns2.HARBOUR-dns.NET"),
        mx=("10 Mail.MIXED-case.example",),
    )
    for apex in ("xn--bcher-kva.example", "xn--mnchen-3ya.de", "xn--e1afmkfd.xn--p1ai"):
        yield zone(apex, {"www": both("berlin", 42), "@": both("berlin", 42)}, mx=(f"10 {apex}",))
    yield zone(
        "underscore.example",
        {"_ns": both("nameservers", 27), "mail_host": both("smtp_plain", 29), "www": both("open", 43)},
        ns=("_ns.underscore.example", "ns1.harbour-dns.net"),
        mx=("10 mail_host.underscore.example",),
    )
    yield zone("digits-1234567890.example", {"www": both("open", 44)})
    yield zone(LONG, {"www": both("open", 45)})
    yield zone(LONGEST, {"@": both("open", 46)})


def _relations() -> Iterator[Zone]:
    # The guessed web host of one domain is the mail host of another.
    yield zone("two-roles.example", {"www": both("open", 47)}, mx=("10 mx1.mailbarn.com",))
    yield zone("two-roles-user.example", {"www": both("web", 16)}, mx=("10 www.two-roles.example",))
    yield zone(
        "opted-out.example", {"www": both("open", 48), "mail": both("open", 49)}, mx=("10 mail.opted-out.example",)
    )
    yield zone(
        "opted-out-mx.example", {"www": both("web", 17)}, mx=("10 mail.opted-out.example", "20 mx1.mailbarn.com")
    )
    # Both are aliases of www.ipv6.coincide.example.
    yield zone("coincide.example", {"www": both("open", 50), "ipv6": both("open", 51)})
    yield zone("ipv6.coincide.example", {"@": both("open", 51), "www": both("open", 52)})


def _identifiers() -> Iterator[Zone]:
    """Return a zone for each way to choose an interface identifier (RFC 7707 section 4)."""
    (four,), prefix = only4("berlin", 70), TABLE.by_name["berlin"].address(6).removesuffix("1")
    for word, identifier in IDENTIFIERS.items():
        yield zone(f"{word}.example", {"www": (four, f"{prefix}{identifier.format(ipv4=four)}")})
    yield zone("two-networks.example", {"www": (four, *only6("cairo", 70))})


def _https() -> Iterator[Zone]:
    hosts = both("open", 55)
    hints = f"ipv4hint={hosts[0]} {{ech}}ipv6hint={hosts[1]}"
    yield zone(
        "https-service.example",
        {"@": hosts, "www": hosts},
        https={
            "@": (f"1 . alpn=h2,h3 {hints.format(ech='')}",),
            "www": (f"1 . alpn=h3 port=8443 {hints.format(ech=f'ech={ECH} ')}", "2 WWW.Https-Service.Example alpn=h2"),
        },
    )
    elsewhere = only6("open", 56)
    yield zone("https-hints-differ.example", {"www": hosts}, https={"www": (f"1 . alpn=h2 ipv6hint={elsewhere[0]}",)})
    yield zone(
        "https-hints-only.example", {"www": only4("open", 55)}, https={"www": (f"1 . alpn=h2 ipv6hint={hosts[1]}",)}
    )
    # Hints of another host.
    yield zone(
        "https-hints-elsewhere.example",
        {"www": hosts},
        https={"www": (f"1 www.https-service.example alpn=h2 ipv6hint={hosts[1]}",)},
    )
    yield zone(
        "https-alias.example", {"www": hosts}, https={"@": ("0 www.https-alias.example",), "www": ("1 . alpn=h2",)}
    )


def _dnssec() -> Iterator[Zone]:
    yield zone(
        "signed.example",
        {"www": both("open", 57)},
        mx=("10 mx1.mailbarn.com",),
        # The first alias stays within signed zones, the second leaves them.
        aliases={"www6": "www.signed.example", "ipv6": "web.cname-target.example"},
        dnssec=Dnssec.SIGNED,
    )
    yield zone("bogus.example", {"www": both("open", 58)}, mx=("10 mx1.mailbarn.com",), dnssec=Dnssec.BOGUS)
    yield zone("cname-to-bogus.example", aliases={"www": "www.bogus.example"})


def _over_ipv6_alone() -> Iterator[Zone]:
    """Return zones that a resolver without IPv4 cannot reach, or not all of."""
    only4_servers = ("ns1.legacy-dns.com", "ns2.legacy-dns.com")
    hosts = {"www": both("open", 59), "mail": both("open", 60), "ns": both("nameservers", 29)}
    yield zone("served-over-ipv4.example", hosts, ns=only4_servers)
    # Its name server works over IPv6, but the address of that is not found over IPv6.
    yield zone("ns-unfindable.example", {"www": both("open", 62)}, ns=("ns.served-over-ipv4.example",))
    # A delegation from a zone that is served over IPv4 alone.
    yield zone("below.served-over-ipv4.example", {"www": both("open", 61)})
    yield zone("cname-to-ipv4.example", aliases={"www": "www.served-over-ipv4.example"})
    yield zone("mx-served-over-ipv4.example", mx=("10 mail.served-over-ipv4.example",))
    yield zone(
        "glue-without-ipv6.example",
        {"ns": both("nameservers", 28)},
        ns=("ns.glue-without-ipv6.example",),
        glue6=False,
    )
