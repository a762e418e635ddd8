"""Each word of each closed list of measurements is produced by a server of the simulated Internet."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from enum import StrEnum

from ipv6matrix import items
from ipv6matrix.store import queries
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import (
    aaaa,
    anatomy,
    happy_eyeballs,
    https,
    mail_parity,
    name_servers,
    resolver6,
    third_parties,
    web_parity,
)
from tests.truth.crawled import Crawled


def column(table: str, *names: str) -> Callable[[Store], set[object]]:
    """Return a function that reads the words of columns."""
    sql = " UNION ".join(f"SELECT {name} FROM {table}" for name in names)
    return lambda store: {word for (word,) in store.query(sql)}


# Where failures are stored.
FAILURES = (
    *(column(table, "status") for table in ("lookups", "ntp_replies", "tls_handshakes", "resolver6", "path_mtus")),
    *(column(table, "failure") for table in ("pings", "ports", "smtp_sessions", "traces", "web_pages")),
    column("hosts", "refusal"),
)
# How to read the words of each closed list from a crawl.
LISTS: dict[type[StrEnum], Callable[[Store], Iterable[object]]] = {
    items.Status: column("lookups", "status"),
    items.Failure: lambda store: set().union(*(read(store) for read in FAILURES)),
    items.Security: column("lookups", "security"),
    items.HttpsMode: lambda store: https.modes(store).values(),
    items.NameServerAnswer: lambda store: [
        *name_servers.answers(store).values(),
        *name_servers.over_tcp(store).values(),
    ],
    items.Resolvability: column("resolver6", "answer"),
    items.Starttls: column("smtp_sessions", "starttls"),
    items.Stop: column("traces", "stop"),
    items.NtpStatus: column("ntp_replies", "status"),
    items.PmtuStatus: column("path_mtus", "status"),
    items.TlsStatus: column("tls_handshakes", "status"),
    items.BodyEnd: column("web_pages", "end"),
    aaaa.Behaviour: lambda store: aaaa.behaviours(store).values(),
    anatomy.Identifier: lambda store: [row.identifier for row in anatomy.addresses(store)],
    happy_eyeballs.Eyeballs: lambda store: [race.outcome for race in happy_eyeballs.races(store)],
    https.Hints: lambda store: https.hints(store).values(),
    mail_parity.Mail: lambda store: [host.outcome for host in mail_parity.hosts(store)],
    resolver6.Cause: lambda store: resolver6.causes(store).values(),
    third_parties.Support: lambda store: [page.support for page in third_parties.pages(store)],
    web_parity.Web: lambda store: [site.outcome for site in web_parity.sites(store)],
}
# Words that no server can produce in a crawl, and why.
NOT_BY_SERVERS: dict[StrEnum, str] = {
    items.Failure.PERMISSION_DENIED: "a firewall of the crawling host",
    items.Stop.OTHER_ADDRESS: "a stranger on the path; tests/probes/test_trace_strangers.py has one",
    items.Stop.LOOP: "routers, not servers; tests/probes/test_trace_strangers.py has some",
    items.Failure.PROBE_FAILED: "the crawling host has no file descriptors or memory left",
    items.Stop.MAX_TTL: "a limit of the crawl: TRACE_GAP_LIMIT silent routers end a trace long before TRACE_MAX_TTL",
}


def complaints(seen: dict[type[StrEnum], set[object]]) -> list[str]:
    """Return the words that no server produced, and those for which one did although none can."""
    words = [word for name in LISTS for word in name]
    wrong = [word for word in words if (word in seen[type(word)]) is (word in NOT_BY_SERVERS)]
    return [f"{type(word).__name__}.{word.name}: by {'a' if word in NOT_BY_SERVERS else 'no'} server" for word in wrong]


def test_every_word_is_produced_by_a_server(crawled: Crawled):
    """Only words that are about the crawling host itself are not."""
    assert [] == complaints({name: set(read(crawled.store)) for name, read in LISTS.items()})


def test_a_word_that_no_server_produces_is_found():
    """A missing word is a complaint, and so is one that is excused without need."""
    seen: dict[type[StrEnum], set[object]] = {name: set(name) - set(NOT_BY_SERVERS) for name in LISTS}
    seen[items.NameServerAnswer].remove(items.NameServerAnswer.SAMPLED)
    seen[items.Stop].add(items.Stop.LOOP)

    assert ["NameServerAnswer.SAMPLED: by no server", "Stop.LOOP: by a server"] == complaints(seen)


def test_no_closed_list_is_left_out():
    """Each closed list of items and of queries is among them."""
    names = [item.name for item in pkgutil.iter_modules(queries.__path__)]
    modules = [items, *(importlib.import_module(f"{queries.__name__}.{name}") for name in names)]
    values = [value for module in modules for value in vars(module).values()]

    assert set(LISTS) == {
        item for item in values if isinstance(item, type) and issubclass(item, StrEnum) and item.__module__ != "enum"
    }
