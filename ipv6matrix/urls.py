"""
The grammar of request URLs: a URL says everything about a request.

    dns://resolver/example.com?type=NS&type=MX&type=SOA       a domain's records
    dns://resolver/example.com?type=A&type=AAAA&labels=www,ntp  its guessed hosts
    dns://resolver/mail.example.net?type=A&type=AAAA          one host
    dns://resolver/192.0.2.1?type=PTR                         an address' name
    ping://[2001:db8::1]   trace://192.0.2.1   tcp://192.0.2.1?port=25&port=80&starttls=1
    dns://resolver/example.com?type=MX&pass=2                 asked once more

The authority of a dns URL is the server that is asked (RFC 4501 section 3);
the word `resolver` stands for those of the setting NAMESERVERS.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from scrapy import Request

from ipv6matrix.addresses import canonical
from ipv6matrix.config import nameservers
from ipv6matrix.targets import policy

RESOLVER = "resolver"
SLOTS = ("dns", "ping", "tcp", "trace")
_ADDRESSES = ("A", "AAAA")
_SECOND = ("pass", "2")
_AT_RESOLVER = f"dns://{RESOLVER}/"


class InvalidUrlError(ValueError):
    """A URL of one of our schemes that asks nothing; the message names it and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestUrl:
    """A request URL, taken apart."""

    scheme: str
    subject: str
    "The domain, host or address the question is about."
    server: str | None = None
    "dns only: the server to ask, as address or address:port; None for the configured resolvers."
    types: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    "dns only: labels put before the subject, a host each."
    ports: tuple[int, ...] = ()
    starttls: bool = False
    second: bool = False
    "True for a question that is asked once more, at the end of the crawl."

    @property
    def destination(self) -> str | None:
        """The address that the packets of this request go to; None for the configured resolvers."""
        if self.scheme != "dns":
            return self.subject
        return None if self.server is None else nameservers.parse(self.server)[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The hosts that a question about addresses asks for."""
        return tuple(f"{label}.{self.subject}" for label in self.labels) or (self.subject,)

    @property
    def about_hosts(self) -> bool:
        """True when the question asks for the addresses of hosts."""
        return self.scheme == "dns" and any(rdtype in _ADDRESSES for rdtype in self.types)


def domain(name: str, types: tuple[str, ...]) -> str:
    """Ask for the records of a domain, of each of `types`."""
    return f"dns://{RESOLVER}/{name}?" + "&".join(f"type={rdtype}" for rdtype in types)


def guesses(name: str, labels: tuple[str, ...], types: tuple[str, ...] = _ADDRESSES) -> str:
    """Ask for the addresses of the hosts `label.name`."""
    return f"{domain(name, types)}&labels={','.join(labels)}"


def host(name: str, types: tuple[str, ...] = _ADDRESSES) -> str:
    """Ask for the addresses of one host."""
    return domain(name, types)


def reverse(address: str) -> str:
    """Ask for the name that belongs to an address."""
    return f"dns://{RESOLVER}/{address}?type=PTR"


def ping(address: str) -> str:
    """Ask for Echo Replies."""
    return f"ping://{_authority(address)}"


def trace(address: str) -> str:
    """Ask for the path to an address."""
    return f"trace://{_authority(address)}"


def tcp(address: str, ports: tuple[int, ...], *, starttls: bool) -> str:
    """Ask which ports are open and, on 25, whether STARTTLS works."""
    query = "&".join(f"port={port}" for port in ports)
    return f"tcp://{_authority(address)}?{query}" + ("&starttls=1" if starttls else "")


def again(url: str) -> str:
    """Ask in the second pass what a URL asks."""
    return f"{url}{'&' if '?' in url else '?'}{'='.join(_SECOND)}"


def first(url: str) -> str:
    """Return the URL that the first pass asked, of a URL of either pass."""
    return url.removesuffix("=".join(_SECOND)).rstrip("?&") if url.endswith("=".join(_SECOND)) else url


def request(url: str, parent: str | None = None) -> Request:
    """
    Make the request of a URL: slot and callback follow from the scheme.

    `parent` is the URL of the request whose answer led to this one; both are
    committed together.
    """
    # Our URLs are canonical as they are made; verbatim spares Scrapy the rewriting.
    meta: dict[str, object] = {"download_slot": url.partition(":")[0], "verbatim_url": True}
    if parent is not None:
        meta["parent"] = parent
    return Request(url, meta=meta)


def of(request: Request) -> RequestUrl:
    """Take a request's URL apart, once."""
    question: RequestUrl | None = request.meta.get("question")
    if question is None:
        question = request.meta["question"] = parse(request.url)
    return question


def parse(url: str) -> RequestUrl:
    """
    Take a URL apart.

    Raises InvalidUrlError for a URL that no function of this module makes.
    """
    try:
        parts = urlsplit(url)
        query, second = _without_pass(parse_qsl(parts.query))
        question = _parsers[parts.scheme](parts.netloc, parts.path.lstrip("/"), query)
        return replace(question, second=second)
    except (KeyError, ValueError, IndexError) as error:
        raise InvalidUrlError(f"{url!r} is not a question; docs/urls.md lists the forms of each scheme") from error


def network(url: str) -> bytes | None:
    """
    Return the network that the packets of a request go to, as policy.network; None for a request to the resolver.

    A URL without a valid address has none either: `parse` raises the error.
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
    Return what a request has in common with others that may be very many: a network, as `network`, or a text.

    Lookups of hosts below one name have that name in common, PTR lookups the network of
    their addresses. None for requests about an entry of the list and its guessed hosts.
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
