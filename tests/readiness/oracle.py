"""
Verdicts and levels of domains about which everything is known, computed without three-valued logic.

Written from the table in docs/readiness.md, not from the code: `unknown` remains only where the
test itself cannot decide (no server answers on port 25, every server rejects the tester, no path could be measured).
"""

from __future__ import annotations

from itertools import product

from ipv6matrix.readiness.facts import Domain, Host


def values(domain: Domain, *, with_parity: bool, with_name_servers: bool) -> dict[str, str]:
    """Return the verdict about each service as a word."""
    return {
        "web": _web(domain, with_parity=with_parity),
        "dns": _dns(domain, with_name_servers=with_name_servers),
        "mail": _mail(domain),
        "chain": "yes" if all(word == "resolvable" for word in _resolutions(domain)) else "no",
        "path": _path(domain),
        "content": _content(domain),
    }


def usable(domain: Domain) -> bool:
    """Return whether any host has a public IPv6 address."""
    return any(map(_has6, domain.hosts))


def ladder(words: dict[str, str], *, has_address: bool) -> int:
    """Return the level of verdicts without `unknown`; 6 stands for 5+."""
    if not has_address:
        return 0
    if words["web"] != "yes":
        return 1
    if words["dns"] != "yes":
        return 2
    if words["mail"] == "no":
        return 3
    if words["chain"] != "yes" or words["path"] != "yes":
        return 4
    return 6 if words["content"] == "yes" else 5


def readings(words: dict[str, str], *, has_address: bool) -> set[int]:
    """Return the levels of every way to replace each `unknown` by yes or no."""
    choices = [("yes", "no") if word == "unknown" else (word,) for word in words.values()]
    return {ladder(dict(zip(words, chosen, strict=True)), has_address=has_address) for chosen in product(*choices)}


def _web(domain: Domain, *, with_parity: bool) -> str:
    hosts = [host for host in domain.hosts if host.name in (domain.name, f"www.{domain.name}") and _exists(host)]
    if not hosts:
        return "none"
    for host in hosts:
        if not _has6(host):
            return "no"
        for port in (80, 443):
            if _port(host, 4, port) == "open" and _port(host, 6, port) != "open":
                return "no"
        if with_parity and host.parity and host.parity.word not in ("same", "only_v6"):
            return "no"
    return "yes"


def _dns(domain: Domain, *, with_name_servers: bool) -> str:
    good = [
        host
        for host in domain.hosts
        if "NS" in host.roles
        and _has6(host)
        and (not with_name_servers or _address(host, 6).name_server.word == "authoritative")
    ]
    return "yes" if len(good) >= 2 else "no"


def _mail(domain: Domain) -> str:
    hosts = [host for host in domain.hosts if "MX" in host.roles]
    if not hosts:
        return "none"
    with_ipv4 = [host.roles["MX"] for host in hosts if _address(host, 4)]
    best = [host for host in hosts if not with_ipv4 or host.roles["MX"] <= min(with_ipv4)]
    outcomes = {_mail_host(host, hosts) for host in best}
    return next(word for word in ("yes", "unknown", "no") if word in outcomes)


def _mail_host(host: Host, all_hosts: list[Host]) -> str:
    if not _has6(host):
        return "no"
    if _port(host, 6, 25) in ("timeout", "host_unreachable"):
        answered = ("open", "connection_refused")
        return (
            "no" if any(_port(other, family, 25) in answered for other in all_hosts for family in (4, 6)) else "unknown"
        )
    if _port(host, 6, 25) == "connection_refused":
        return "no"
    if _address(host, 6).greeting.word == "220":
        return "yes"
    greets = [
        other for other in all_hosts if _port(other, 4, 25) == "open" and _address(other, 4).greeting.word == "220"
    ]
    return "no" if greets else "unknown"


def _resolutions(domain: Domain) -> list[str]:
    web = (domain.name, f"www.{domain.name}")
    hosts = [host for host in domain.hosts if (host.name in web and _exists(host)) or "MX" in host.roles]
    return [domain.resolution.word, *(host.resolution.word for host in hosts)]


def _path(domain: Domain) -> str:
    words = [_address(host, 6).path_mtu.word for host in domain.hosts if _has6(host)]
    if "black_hole" in words:
        return "no"
    return "yes" if set(words) & {"1500", "1280"} else "unknown"


def _content(domain: Domain) -> str:
    hosts = [host for host in domain.hosts if host.name in (domain.name, f"www.{domain.name}") and _exists(host)]
    if not hosts:
        return "unknown"
    return "yes" if all(host.third_parties.word == "full" for host in hosts) else "no"


def _exists(host: Host) -> bool:
    return "ok" in (host.a.word, host.aaaa.word)


def _has6(host: Host) -> bool:
    return _address(host, 6) is not None


def _address(host: Host, family: int):
    return next((address for address in host.addresses if address.family == family and address.exclusion is None), None)


def _port(host: Host, family: int, port: int) -> str | None:
    address = _address(host, family)
    return address.ports[port].word if address else None
