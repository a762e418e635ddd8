"""Which requests the retry pass repeats."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ipv6matrix.items import (
    DomainItem,
    Failure,
    Host,
    HostsItem,
    NtpItem,
    NtpStatus,
    PingItem,
    PingObservation,
    PmtuItem,
    PmtuStatus,
    PortObservation,
    ReverseItem,
    Role,
    Status,
    Stop,
    TcpItem,
    TcpObservation,
    TlsItem,
    TlsStatus,
    TraceItem,
    TraceObservation,
    WebItem,
)
from ipv6matrix.measurements.base import Failed
from ipv6matrix.store.queries import second_pass
from tests import urls
from tests.samples import AT, domain_item, host, hosts_item, lookup, ntp_item, ping_item, pmtu_item, tls_item, web_item

ADDRESS = "192.0.2.1"
ADDRESS6 = "2001:db8::1"
WHEN = int(AT)


def failed(store):
    return [failure for chunk in second_pass.failed(store) for failure in chunk]


def ends(name, rdtype, status):
    """Return a lookup that ended with this status."""
    return lookup(name, rdtype, status=status, ttl_s=None)


def answer_host(store, name, a, aaaa, *, second=False):
    store.complete(
        replace(hosts_item(Host(name=name, a=ends(name, "A", a), aaaa=ends(name, "AAAA", aaaa))), second=second)
    )


def answer_probes(store, *ports, rtts_ms=(), failure=None, second=False, asked_at=AT):
    """Store the ping and the ports (number, failure) of the address."""
    ping = PingObservation(sent=5, rtts_ms=rtts_ms, failure=failure, asked_at=asked_at)
    store.complete(PingItem(url="ping://", second=second, address=ADDRESS, ping=ping))
    observations = tuple(PortObservation(port=n, open=why is None, failure=why, asked_at=asked_at) for n, why in ports)
    store.complete(TcpItem(url="tcp://", second=second, address=ADDRESS, tcp=TcpObservation(ports=observations)))


def test_an_empty_database_has_nothing_to_retry(store):
    """Without facts there are no requests to retry."""
    assert [] == failed(store)


def test_only_failed_lookups_are_retried(store):
    """Each lookup of a domain that failed temporarily is retried, and no other."""
    store.complete(
        domain_item(
            "a.example",
            ns=lookup("a.example", "NS", "ns.example"),
            mx=ends("a.example", "MX", Failure.SERVFAIL),
            soa=ends("a.example", "SOA", Failure.TIMEOUT),
        )
    )
    store.complete(domain_item("b.example", ns=ends("b.example", "NS", Status.NXDOMAIN)))
    store.complete(domain_item("c.example", refusal="opted_out"))

    assert [Failed(item=DomainItem, subject="a.example", parts=("MX", "SOA"), asked_at=WHEN)] == failed(store)


@pytest.mark.parametrize(
    ("word", "is_passing"),
    [
        *((word, True) for word in ("timeout", "servfail", "bad_reply", "connection_refused", "connection_reset")),
        *((word, True) for word in ("connection_closed", "host_unreachable", "network_unreachable", "probe_failed")),
        *((word, False) for word in ("refused", "formerr", "notimp", "other_rcode", "cname_loop", "name_too_long")),
    ],
)
def test_which_lookup_failures_are_temporary(store, word, is_passing):
    """A failure that says nothing about the name is retried; one that amounts to an answer is not."""
    store.complete(domain_item("a.example", ns=ends("a.example", "NS", Failure(word))))

    assert is_passing == bool(failed(store))


def test_failed_lookups_of_hosts_are_retried(store):
    """A host that was not guessed for a domain has a request of its own."""
    answer_host(store, "mx.example", Status.NODATA, Failure.TIMEOUT)
    store.complete(hosts_item(host("fine.example", ADDRESS)))

    assert [Failed(item=HostsItem, subject="mx.example", parts=("AAAA",), asked_at=WHEN)] == failed(store)


def test_guessed_hosts_of_a_domain_share_a_request(store):
    """Guessed hosts of one domain with the same failure share a request, as in the first pass."""
    labels = ("www", "www.ipv6", "ntp", "time")
    roles = tuple(Role(kind="WWW", host=f"{label}.a.example", priority=0) for label in labels)
    store.complete(domain_item("a.example", roles=roles))
    for label in labels[:3]:
        answer_host(store, f"{label}.a.example", Failure.TIMEOUT, Failure.TIMEOUT)
    answer_host(store, "time.a.example", Status.NODATA, Failure.SERVFAIL)

    assert [
        Failed(item=HostsItem, subject="a.example", labels=labels[:3], parts=("A", "AAAA"), asked_at=WHEN),
        Failed(item=HostsItem, subject="a.example", labels=("time",), parts=("AAAA",), asked_at=WHEN),
    ] == failed(store)


def test_a_host_guessed_for_two_domains_is_retried_for_both(store):
    """What is measured of a host depends on its roles, so its lookup is retried in each of them."""
    for domain, kind in (("a.example", "WWW"), ("ipv6.a.example", "APEX")):
        store.complete(domain_item(domain, roles=(Role(kind=kind, host="ipv6.a.example", priority=0),)))
    answer_host(store, "ipv6.a.example", Failure.TIMEOUT, Failure.TIMEOUT)

    assert [
        Failed(item=HostsItem, subject="a.example", labels=("ipv6",), parts=("A", "AAAA"), asked_at=WHEN),
        Failed(item=HostsItem, subject="ipv6.a.example", labels=("@",), parts=("A", "AAAA"), asked_at=WHEN),
    ] == failed(store)


def test_reverse_lookups_are_retried(store):
    """A failed reverse lookup is retried for the addresses of hosts and of routers."""
    lookups = {"192.0.2.1": Failure.SERVFAIL, "192.0.2.2": Status.NODATA, "192.0.2.3": Failure.REFUSED}
    for address, status in lookups.items():
        url = urls.reverse(address)
        store.complete(ReverseItem(url=url, address=address, lookup=ends("x.in-addr.arpa", "PTR", status)))

    assert [Failed(item=ReverseItem, subject="192.0.2.1", parts=("PTR",), asked_at=WHEN)] == failed(store)


@pytest.mark.parametrize(
    ("ports", "ping"),
    [
        (((80, Failure.TIMEOUT), (25, Failure.TIMEOUT)), {}),
        (((80, Failure.HOST_UNREACHABLE), (25, Failure.TIMEOUT)), {"failure": Failure.NETWORK_UNREACHABLE}),
    ],
)
def test_a_silent_address_is_retried(store, ports, ping):
    """An address of a host without an answer to any probe is retried with ping and the same ports."""
    store.complete(hosts_item(host("www.example", ADDRESS)))
    answer_probes(store, *ports, **ping, asked_at=AT + 9)

    assert [
        Failed(item=PingItem, subject=ADDRESS, asked_at=WHEN + 9),
        Failed(item=TcpItem, subject=ADDRESS, parts=("25", "80"), asked_at=WHEN + 9),
    ] == failed(store)


@pytest.mark.parametrize(
    ("ports", "ping"),
    [
        (((80, Failure.TIMEOUT), (25, Failure.TIMEOUT)), {"rtts_ms": (1.0,)}),
        (((80, None), (25, Failure.TIMEOUT)), {}),
        (((80, Failure.CONNECTION_REFUSED), (25, Failure.TIMEOUT)), {}),
        (((80, Failure.CONNECTION_RESET), (25, Failure.TIMEOUT)), {}),
        (((80, Failure.PERMISSION_DENIED), (25, Failure.TIMEOUT)), {}),
        (((80, Failure.TIMEOUT),), {"failure": Failure.PERMISSION_DENIED}),
    ],
)
def test_an_address_with_any_answer_is_not_retried(store, ports, ping):
    """One answer proves that the address is reachable; what this machine is not permitted to send is not retried."""
    store.complete(hosts_item(host("www.example", ADDRESS)))
    answer_probes(store, *ports, **ping)

    assert [] == failed(store)


def test_an_address_that_a_trace_reached_is_not_retried(store):
    """An Echo Reply to a trace counts as an answer from the address."""
    store.complete(hosts_item(host("www.example", ADDRESS)))
    answer_probes(store, (80, Failure.TIMEOUT))
    trace = TraceObservation(stop=Stop.REACHED, reached_ttl=1, asked_at=AT)
    store.complete(TraceItem(url="trace://", address=ADDRESS, trace=trace))

    assert [] == failed(store)


def test_routers_and_excluded_addresses_are_not_retried(store):
    """Only addresses of hosts are probed; without a probe there is nothing to retry."""
    store.complete(hosts_item(host("www.example", "192.0.2.9")))
    store.complete(hosts_item(host("out.example", ADDRESS), places={ADDRESS: {"refusal": "opted_out"}}))
    answer_probes(store, (80, Failure.TIMEOUT))

    assert [] == failed(store)


@pytest.mark.parametrize("metric", ["ping", "tcp"])
def test_only_configured_metrics_are_retried(store, metric):
    """If only ping or only ports were requested, an address without an answer to them is silent."""
    store.complete(hosts_item(host("www.example", ADDRESS)))
    if metric == "ping":
        ping = PingObservation(sent=5, asked_at=AT)
        store.complete(PingItem(url="ping://", address=ADDRESS, ping=ping))
    else:
        ports = (PortObservation(port=80, open=False, failure=Failure.TIMEOUT, asked_at=AT),)
        store.complete(TcpItem(url="tcp://", address=ADDRESS, tcp=TcpObservation(ports=ports)))
    expected = {"ping": {"item": PingItem}, "tcp": {"item": TcpItem, "parts": ("80",)}}[metric]

    assert [Failed(subject=ADDRESS, asked_at=WHEN, **expected)] == failed(store)


TRANSIENT = (Failure.TIMEOUT, Failure.HOST_UNREACHABLE, Failure.NETWORK_UNREACHABLE, Failure.PROBE_FAILED)
SITE = ("www.example", ADDRESS6)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        *((ntp_item(ADDRESS6, word), Failed(item=NtpItem, subject=ADDRESS6, asked_at=WHEN)) for word in TRANSIENT),
        *(
            (pmtu_item(ADDRESS6, word), Failed(item=PmtuItem, subject=ADDRESS6, asked_at=WHEN))
            for word in (*TRANSIENT, PmtuStatus.UNTESTABLE)
        ),
        *((tls_item(*SITE, word), Failed(item=TlsItem, subject=" ".join(SITE), asked_at=WHEN)) for word in TRANSIENT),
        *(
            (
                web_item(*SITE, word, scheme),
                Failed(item=WebItem, subject=" ".join(SITE), parts=(scheme,), asked_at=WHEN),
            )
            for word in TRANSIENT
            for scheme in ("https", "http")
        ),
    ],
)
def test_services_are_retried(store, item, expected):
    """A request to a service that failed temporarily is retried once, even if the address answers other probes."""
    store.complete(hosts_item(host("www.example", ADDRESS6)))
    store.complete(ping_item(ADDRESS6, 1.0))
    store.complete(item)

    assert [expected] == failed(store)
    store.complete(replace(item, url=f"{item.url}#2", second=True))
    assert [] == failed(store)


@pytest.mark.parametrize(
    "item",
    [
        *(ntp_item(ADDRESS6, word) for word in (*NtpStatus, Failure.BAD_REPLY, Failure.CONNECTION_REFUSED)),
        *(pmtu_item(ADDRESS6, word) for word in (PmtuStatus.MEASURED, PmtuStatus.BLACK_HOLE)),
        *(tls_item(*SITE, word) for word in (*TlsStatus, Failure.CONNECTION_REFUSED, Failure.TLS_FAILED)),
        *(web_item(*SITE, word) for word in (None, Failure.CONNECTION_RESET, Failure.BAD_RESPONSE)),
    ],
)
def test_answers_of_services_are_not_retried(store, item):
    """What a service answered is final, and so is a black hole, which two packets have shown."""
    store.complete(item)

    assert [] == failed(store)


def test_nothing_is_requested_a_third_time(store):
    """A row with a first answer has already been retried."""
    store.complete(hosts_item(host("www.example", ADDRESS)))
    for second in (False, True):
        status = ends("a.example", "NS", Failure.TIMEOUT)
        store.complete(domain_item("a.example", second=second, ns=status))
        answer_host(store, "mx.example", Failure.TIMEOUT, Failure.TIMEOUT, second=second)
        store.complete(
            ReverseItem(url="dns://", second=second, address=ADDRESS, lookup=ends("x", "PTR", Failure.TIMEOUT))
        )
        answer_probes(store, (80, Failure.TIMEOUT), second=second)

        assert (0 if second else 5) == len(failed(store))


def test_every_row_is_read_once(store, monkeypatch):
    """Chunks neither leave gaps nor overlap."""
    monkeypatch.setattr(second_pass, "_CHUNK", 2)
    names = [f"d{number}.example" for number in range(5)]
    for name in names:
        store.complete(domain_item(name, ns=ends(name, "NS", Failure.TIMEOUT)))

    chunks = list(second_pass.failed(store))

    assert [2, 2, 1] == [len(chunk) for chunk in chunks if chunk]
    assert names == [failure.subject for chunk in chunks for failure in chunk]
