"""
The grammar of request URLs: a URL contains everything about a request.

    dns://resolver/example.com?type=NS&type=MX&type=SOA       a domain's records
    dns://resolver/example.com?type=A&type=AAAA&labels=www,ntp  its guessed hosts
    dns://resolver/mail.example.net?type=A&type=AAAA          one host
    dns://resolver/192.0.2.1?type=PTR                         an address' name
    ping://[2001:db8::1]   trace://192.0.2.1   tcp://192.0.2.1?port=25&port=80&starttls=1
    dns://resolver/example.com?type=MX&pass=2                 the same in the retry pass

The authority of a dns URL is the server to query (RFC 4501 section 3); the word
`resolver` stands for the servers in the setting NAMESERVERS.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from scrapy import Request

from ipv6matrix.addresses import canonical
from ipv6matrix.config import nameservers
from ipv6matrix.items import slot_of
from ipv6matrix.targets import policy

RESOLVER = "resolver"
SLOTS = ("dns", "ping", "tcp", "trace")
_ADDRESSES = ("A", "AAAA")
_SECOND = ("pass", "2")
_AT_RESOLVER = f"dns://{RESOLVER}/"


class InvalidUrlError(ValueError):
    """A URL of one of the project's schemes that is not a valid request; the message names it and the fix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUrl:
    """A parsed request URL."""

    scheme: str
    subject: str
    "The domain, host or address that the request is about."
    server: str | None = None
    "dns only: the server to query, as address or address:port; None for the configured resolvers."
    types: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    "dns only: labels prefixed to the subject; each makes one host."
    ports: tuple[int, ...] = ()
    starttls: bool = False
    second: bool = False
    "True in the retry pass, at the end of the crawl."

    @property
    def destination(self) -> str | None:
        """The address to which the packets of this request go; None for the configured resolvers."""
        if self.scheme != "dns":
            return self.subject
        return None if self.server is None else nameservers.parse(self.server)[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts whose addresses a request asks for."""
        return tuple(f"{label}.{self.subject}" for label in self.labels) or (self.subject,)

    @property
    def about_hosts(self) -> bool:
        """Return whether this is a lookup of the addresses of hosts."""
        return self.scheme == "dns" and any(rdtype in _ADDRESSES for rdtype in self.types)


def domain(name: str, types: tuple[str, ...]) -> str:
    """Return the URL for the records of a domain, of each type in `types`."""
    return f"dns://{RESOLVER}/{name}?" + "&".join(f"type={rdtype}" for rdtype in types)


def guesses(name: str, labels: tuple[str, ...], types: tuple[str, ...] = _ADDRESSES) -> str:
    """Return the URL for the addresses of the hosts `label.name`."""
    return f"{domain(name, types)}&labels={','.join(labels)}"


def host(name: str, types: tuple[str, ...] = _ADDRESSES) -> str:
    """Return the URL for the addresses of one host."""
    return domain(name, types)


def reverse(address: str) -> str:
    """Return the URL for the reverse name of an address."""
    return f"dns://{RESOLVER}/{address}?type=PTR"


def ping(address: str) -> str:
    """Return the URL for a ping series."""
    return f"ping://{_authority(address)}"


def trace(address: str) -> str:
    """Return the URL for the path to an address."""
    return f"trace://{_authority(address)}"


def tcp(address: str, ports: tuple[int, ...], *, starttls: bool) -> str:
    """Return the URL to test which ports are open and, on port 25, whether STARTTLS works."""
    query = "&".join(f"port={port}" for port in ports)
    return f"tcp://{_authority(address)}?{query}" + ("&starttls=1" if starttls else "")


def again(url: str) -> str:
    """Return the retry-pass URL of a request URL."""
    return f"{url}{'&' if '?' in url else '?'}{'='.join(_SECOND)}"


def first(url: str) -> str:
    """Return the first-pass URL of a URL of either pass."""
    return url.removesuffix("=".join(_SECOND)).rstrip("?&") if url.endswith("=".join(_SECOND)) else url


def request(url: str) -> Request:
    """Return the request for a URL: slot and callback follow from the scheme."""
    # These URLs are canonical by construction; verbatim_url stops Scrapy from rewriting them.
    return Request(url, meta={"download_slot": slot_of(url), "verbatim_url": True})


def of(request: Request) -> RequestUrl:
    """Return the parsed URL of a request; parse it only once."""
    parsed: RequestUrl | None = request.meta.get("request_url")
    if parsed is None:
        parsed = request.meta["request_url"] = parse(request.url)
    return parsed


def parse(url: str) -> RequestUrl:
    """
    Parse a URL.

    Raises InvalidUrlError for a URL that no function of this module returns.
    """
    try:
        parts = urlsplit(url)
        query, second = _without_pass(parse_qsl(parts.query))
        parsed = _parsers[parts.scheme](parts.netloc, parts.path.lstrip("/"), query)
        return replace(parsed, second=second)
    except (KeyError, ValueError, IndexError) as error:
        raise InvalidUrlError(f"{url!r} is not a request URL; docs/urls.md lists the forms of each scheme") from error


def network(url: str) -> bytes | None:
    """
    Return the destination network of a request, as policy.network; None for a request to the resolver.

    Also None for a URL without a valid address; `parse` raises the error.
    """
    scheme, _, rest = url.partition("://")
    authority = rest.partition("?")[0].partition("/")[0]
    if authority == RESOLVER:
        return None
    try:
        return policy.network(nameservers.parse(authority)[0] if scheme == "dns" else authority.strip("[]"))
    except ValueError:
        return None


def crowd(url: str) -> bytes | str | None:
    """
    Return what a request shares with possibly very many others: a network, as `network`, or a text.

    Lookups of hosts below the same name share that name, and PTR lookups the network of
    their addresses. None for requests about a domain of the list and its guessed hosts.
    """
    if not url.startswith(_AT_RESOLVER):
        return network(url)
    name, _, query = url[len(_AT_RESOLVER) :].partition("?")
    if query.startswith("type=PTR"):
        return policy.network(name).hex()
    parent = name.partition(".")[2]
    # Names directly below a top-level domain belong to different owners.
    return parent if query.startswith("type=A") and "&labels=" not in query and "." in parent else None


def _without_pass(query: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], bool]:
    second = query[-1:] == [_SECOND]
    rest = query[:-1] if second else query
    if any(key == _SECOND[0] for key, _ in rest):
        raise ValueError(query)
    return rest, second


def _dns(authority: str, path: str, query: list[tuple[str, str]]) -> RequestUrl:
    types = tuple(value.upper() for key, value in query if key == "type")
    labels = tuple(label for key, value in query if key == "labels" for label in value.split(","))
    if not (path and types):
        raise ValueError(path)
    server = None if authority == RESOLVER else authority
    if server is not None:
        nameservers.parse(server)
    return RequestUrl(scheme="dns", subject=path, server=server, types=types, labels=labels)


def _tcp(authority: str, path: str, query: list[tuple[str, str]]) -> RequestUrl:
    ports = tuple(int(value) for key, value in query if key == "port")
    if not ports or path or not all(0 < port < 65536 for port in ports):
        raise ValueError(ports)
    return RequestUrl(scheme="tcp", subject=_address(authority), ports=ports, starttls=("starttls", "1") in query)


def _ping(authority: str, path: str, query: list[tuple[str, str]]) -> RequestUrl:
    return _bare("ping", authority, path, query)


def _trace(authority: str, path: str, query: list[tuple[str, str]]) -> RequestUrl:
    return _bare("trace", authority, path, query)


def _bare(scheme: str, authority: str, path: str, query: list[tuple[str, str]]) -> RequestUrl:
    if path or query:
        raise ValueError(path)
    return RequestUrl(scheme=scheme, subject=_address(authority))


_parsers = {"dns": _dns, "ping": _ping, "tcp": _tcp, "trace": _trace}


def _authority(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _address(authority: str) -> str:
    return canonical(ip_address(authority.strip("[]")))
