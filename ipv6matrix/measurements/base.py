"""
The interface of a measurement: everything that the crawl must know about one kind of request.

The crawl's components loop over the measurements of the registry, and none of them
names one. A measurement does no I/O: its probe and handler send the packets, and its
table in `store/tables/` holds the SQL.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

from ipv6matrix.config.plan import Plan
from ipv6matrix.items import Answered, ExclusionItem, RoleKind
from ipv6matrix.measurements import grammar
from ipv6matrix.measurements.grammar import Query, RequestUrl
from ipv6matrix.turns import Turns

# The kind of a probe and how it ended: a status, a failure, the reason of an exclusion.
Outcome = tuple[str, str]
# What a request shares with possibly very many others: a network, or a text.
Crowd = bytes | str

Url = TypeVar("Url", bound=RequestUrl)
Observed = TypeVar("Observed")
Item = TypeVar("Item", bound=Answered)


class Evidence(NamedTuple):
    """What an observation shows about the vantage point."""

    answered: bool
    "The target itself has answered, at least in part; routers on the path do not count."
    complete: bool
    "Nothing is missing that could have been lost because of the vantage point."


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Something that can be measured: a domain, or an address as one of a host."""

    domain: str | None = None
    "A domain of the list; None for hosts and addresses."
    host: str | None = None
    address: str | None = None
    "An address chosen for `host`, or that of a router, which has no host."
    roles: frozenset[RoleKind] = frozenset()
    "The roles in which the host was guessed; empty for hosts that NS and MX records name."
    label: str | None = None
    "The label with which the host was guessed; `@` is the domain itself."
    wildcard: bool = False
    "True if the host exists only because of a wildcard."


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A request of the first pass, or parts of it, that failed and may be retried."""

    item: type[Answered]
    "The type of its item."
    subject: str
    "The domain, host or address that it was about."
    parts: tuple[str, ...] = ()
    "What failed if the request had several parts: record types, ports."
    labels: tuple[str, ...] = ()
    "Of guessed hosts: the labels in front of the domain, which is the subject; `@` is the domain itself."
    asked_at: float
    "Time of the last of these requests."


@dataclass(frozen=True, slots=True)
class Asked(Generic[Url]):
    """A request that has an answer."""

    text: str
    "Its URL."
    url: Url
    opted_out: tuple[str, ...] = ()
    "Those of its names that were not looked up because they opted out."

    @property
    def fields(self) -> dict[str, Any]:
        """Return the fields that every item takes from its request."""
        return {"url": self.text, "second": self.url.second}


@dataclass(frozen=True, slots=True)
class Crawl:
    """What the crawl provides to decide what follows from an answer."""

    plan: Plan
    turns: Turns
    urls: Callable[[Target, Plan], Iterable[str]]
    "The URLs of all measurements for a target."


class Measurement(ABC, Generic[Url, Observed, Item]):
    """One kind of request, from its URL to its item."""

    scheme: ClassVar[str]
    """
    Of its URLs; measurements may share it. DOWNLOAD_HANDLERS names its handler.

    The slot of its requests has the same name, unless `items.slot_of` names another:
    <SLOT>_CONCURRENCY limits the requests in flight.
    """
    slot: ClassVar[str] = ""
    "The slot of its requests if it is not the scheme."
    metrics: ClassVar[tuple[str, ...]]
    "The words of the setting METRICS that ask for it, in whole or in part."
    opt_in: ClassVar[tuple[str, ...]] = ()
    "Those of its metrics that are measured only if METRICS names them, or `all`."
    observation: ClassVar[type[Any]]
    item: ClassVar[type[Answered]]
    requires: ClassVar[frozenset[str]] = frozenset()
    "What the machine must have: names of the checks in `ipv6matrix.extensions.preflight`."
    sockets: ClassVar[int] = 0
    "Sockets that a request in flight has for itself; the limit of open files may lower the number of requests."
    every_address: ClassVar[bool] = False
    "True if each address that may be probed gets exactly one request, so that requests count addresses."
    findings: ClassVar[frozenset[Outcome]] = frozenset()
    "Outcomes that are a `Failure` by their word, but a result of this measurement."

    # --- requests ---

    def claims(self, url: str) -> bool:  # noqa: ARG002 - for measurements that share a scheme
        """Return whether a URL of the scheme belongs to this measurement."""
        return True

    @abstractmethod
    def parse(self, authority: str, path: str, query: Query) -> Url:
        """Parse the parts of a URL; raise ValueError or LookupError if they are not a valid request."""

    @abstractmethod
    def urls(self, target: Target, plan: Plan) -> Iterable[str]:
        """Return the URLs to request for a target; none if it is not a target of this measurement."""

    def subjects(self, url: str) -> tuple[tuple[str, int], ...]:  # noqa: ARG002 - most have none
        """Return which subjects of the crawl (domains, hosts) a first request is about, and how many."""
        return ()

    def crowd(self, url: str) -> Crowd | None:
        """Return what a request shares with possibly very many others; None if there are few."""
        return grammar.network(url)

    # --- answers ---

    @abstractmethod
    def answer(self, asked: Asked[Url], observation: Observed, crawl: Crawl) -> Item | Awaitable[Item]:
        """Return the item of an observation, with the requests that follow from it."""

    def exclude(self, asked: Asked[Url], reason: str, at: float) -> Answered:  # noqa: ARG002 - addresses have no time
        """Return the item of a request that was excluded by a rule."""
        return ExclusionItem(**asked.fields, address=asked.url.subject, reason=reason)

    @abstractmethod
    def evidence(self, observation: Observed) -> Evidence:
        """Return what an observation shows about the vantage point."""

    def existing(self, url: Url, observation: Observed) -> str | None:  # noqa: ARG002 - only lookups know
        """Return a domain that exists according to a valid observation, or None."""
        return None

    @abstractmethod
    def unsent(self, url: Url, names: Sequence[str], now: float) -> Observed:
        """Return the observation of a request that is no longer sent: each of its answers is `probe_failed`."""

    @abstractmethod
    def outcomes(self, item: Item) -> list[Outcome]:
        """Return the outcome of each probe of an item."""

    def fault(self, item: Item) -> str | None:  # noqa: ARG002 - most items cannot contradict themselves
        """Return in what an item contradicts itself, which only a bug can cause, or None."""
        return None

    @abstractmethod
    def retries(self, failed: Failed, plan: Plan) -> Iterable[str]:
        """Return the URLs of the first pass that would request what failed, and nothing else."""

    @abstractmethod
    def is_answered(self, item: Item) -> bool:
        """Return whether an item of the retry pass has an answer."""
