"""
What measurements that look up names have in common: the grammar of dns URLs, and what lookups show.

    dns://SERVER/NAME?type=TYPE&type=TYPE&labels=LABEL,LABEL

The authority is the server to query (RFC 4501 section 3); the word `resolver` stands for
the servers in the setting NAMESERVERS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ipv6matrix.config import nameservers
from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Failure, LookupObservation, Status
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.base import Evidence, Outcome
from ipv6matrix.measurements.grammar import Query, RequestUrl
from ipv6matrix.targets import policy

SCHEME: Final = "dns"
RESOLVER: Final = "resolver"
_AT_RESOLVER: Final = f"{SCHEME}://{RESOLVER}/"
# For the servers in the setting NAMESERVERS6.
AT_RESOLVER6: Final = f"{SCHEME}://resolver6/"

# Failures that are answers of a server, and one that requires no answer.
_ANSWERS: Final = frozenset((*Status, Failure.CNAME_LOOP))
_SETTLED: Final = _ANSWERS | {Failure.NAME_TOO_LONG}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupUrl(RequestUrl):
    """A parsed URL of lookups of one name."""

    server: str | None = None
    "The server to query, as address or address:port; None for the configured resolvers."
    types: tuple[str, ...]


def url(name: str, types: Iterable[str]) -> str:
    """Return the URL of lookups at the configured resolvers."""
    return f"{_AT_RESOLVER}{name}?" + "&".join(f"type={rdtype}" for rdtype in types)


def server_in(authority: str) -> tuple[str | None, str | None]:
    """Return the server that an authority names, and its address; None for the configured resolvers."""
    if authority == RESOLVER:
        return None, None
    return authority, nameservers.parse(authority)[0]


def types_in(query: Query) -> tuple[str, ...]:
    """Return the types of a query; raise ValueError if there are none."""
    types = tuple(value.upper() for key, value in query if key == "type")
    if not types:
        raise ValueError(query)
    return types


def name_in(path: str) -> str:
    """Return the name in a path; raise ValueError if there is none."""
    if not path:
        raise ValueError(path)
    return path


def asks(text: str, rdtype: str) -> bool:
    """Return whether the URL of lookups has a type, or one that begins with it; types are case-insensitive."""
    return f"TYPE={rdtype}" in text.upper()


def is_ordinary(text: str) -> bool:
    """Return whether a URL is neither for a name server, without recursion, nor for a resolver without IPv4."""
    return "&rd=0" not in text and not text.startswith(AT_RESOLVER6)


def at_resolver(text: str) -> tuple[str, str] | None:
    """Return name and query of the URL of a lookup at the configured resolvers; None for any other server."""
    if not text.startswith(_AT_RESOLVER):
        return None
    name, _, query = text[len(_AT_RESOLVER) :].partition("?")
    return name, query


def network(text: str) -> bytes | None:
    """Return the network of the server that a URL names, whose authority may have a port."""
    try:
        return policy.network(nameservers.parse(grammar.authority_of(text))[0])
    except ValueError:
        return None


def evidence(lookups: Iterable[LookupObservation]) -> Evidence:
    """Return what lookups show about the resolvers."""
    statuses = [lookup.status for lookup in lookups]
    return Evidence(
        answered=any(status in _ANSWERS for status in statuses),
        complete=all(status in _SETTLED for status in statuses),
    )


def unsent(name: str, rdtype: str, now: float) -> LookupObservation:
    """Return the observation of a lookup that is no longer sent."""
    return LookupObservation(name=name, type=rdtype, status=Failure.PROBE_FAILED, asked_at=now)


def outcomes(lookups: Iterable[LookupObservation], refusals: Iterable[str | None] = ()) -> Iterator[Outcome]:
    """Yield the outcomes of lookups, and of names that were excluded."""
    yield from ((SCHEME, lookup.status) for lookup in lookups)
    yield from ((SCHEME, str(refusal)) for refusal in refusals if refusal)


def opted_out(lookups: Iterable[LookupObservation], plan: Plan) -> bool:
    """Return whether a chain of CNAMEs leads to or through a name that opted out."""
    opt_outs = plan.opt_outs
    return opt_outs is not None and any(
        opt_outs.contains_name(name)
        for lookup in lookups
        if lookup.canonical_name is not None
        for name in (*lookup.aliases, lookup.canonical_name)
    )


def any_answer(lookups: Iterable[LookupObservation]) -> bool:
    """Return whether a lookup has an answer."""
    return any(isinstance(lookup.status, Status) for lookup in lookups)
