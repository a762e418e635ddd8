"""Which answers were requested and which were inferred, and how much an answer held."""

from __future__ import annotations

from dataclasses import replace

from ipv6matrix.items import Failure, Host, Status
from tests.samples import domain_item, host, hosts_item, lookup

GONE = lookup("a.example", "NS", status=Status.NXDOMAIN)


def inferred(rdtype, name="www.a.example"):
    return replace(lookup(name, rdtype, status=Status.NXDOMAIN), inferred=True)


def test_inferred_lookups_are_marked(store):
    """Lookups whose answer follows from an NXDOMAIN are marked, of domains and of hosts."""
    www = Host(name="www.a.example", a=inferred("A"), aaaa=inferred("AAAA"))
    six = Host(name="six.a.example", a=lookup("six.a.example", "A", status=Status.NXDOMAIN), aaaa=inferred("AAAA"))
    store.complete(domain_item("a.example", ns=GONE, mx=inferred("MX"), soa=inferred("SOA"), hosts=(www,)))
    store.complete(hosts_item(six, host("ntp.a.example", "192.0.2.1")))

    assert [("MX", 1), ("NS", 0), ("SOA", 1)] == store.query(
        "SELECT type, inferred FROM lookups WHERE owner = 'domain'"
    )
    assert [("six.a.example", "AAAA"), ("www.a.example", "A"), ("www.a.example", "AAAA")] == store.query(
        "SELECT name, type FROM lookups JOIN hosts ON id = owner_id WHERE owner = 'host' AND inferred ORDER BY 1, 2"
    )


def test_the_retry_pass_marks_inferred_lookups(store):
    """A lookup that failed first and follows from an NXDOMAIN in the retry pass is marked by the retry."""
    failed = Host(
        name="www.a.example",
        a=lookup("www.a.example", "A", status=Failure.TIMEOUT),
        aaaa=lookup("www.a.example", "AAAA", status=Failure.TIMEOUT),
    )
    again = Host(name="www.a.example", a=lookup("www.a.example", "A", status=Status.NXDOMAIN), aaaa=inferred("AAAA"))
    store.complete(domain_item("a.example", ns=lookup("a.example", "NS", status=Failure.TIMEOUT)))
    store.complete(hosts_item(failed))
    store.complete(replace(hosts_item(again, url="second"), second=True))
    names = lookup("a.example", "NS", "ns1.a.example", "ns2.a.example")
    store.complete(domain_item("a.example", url="second", second=True, ns=names))

    assert [("A", "nxdomain", 0, 0), ("AAAA", "nxdomain", 1, 0)] == store.query(
        "SELECT type, status, inferred, records FROM lookups WHERE owner = 'host'"
    )
    assert [("NS", 2)] == store.query("SELECT type, records FROM lookups WHERE owner = 'domain'")


def test_the_size_of_an_answer_is_counted(store):
    """Hosts and addresses in an answer are counted, stored or not; without an answer there is no count."""
    www = host("www.a.example", "192.0.2.1", "192.0.2.2")
    www.a = replace(www.a, omitted=4000)
    www.aaaa = lookup("www.a.example", "AAAA", status=Failure.SERVFAIL)
    store.complete(hosts_item(www))
    mx = lookup("a.example", "MX", (0, ""), (5, "m.example"), (9, "m.example"))
    store.complete(domain_item("a.example", ns=lookup("a.example", "NS"), mx=mx))

    assert [("MX", 1), ("NS", 0), ("A", 4002), ("AAAA", None)] == store.query("SELECT type, records FROM lookups")
