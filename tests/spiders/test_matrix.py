"""What the spider requests next about domains, hosts and addresses."""

from __future__ import annotations

import pytest

from ipv6matrix.items import (
    Address,
    DomainItem,
    Failure,
    Host,
    HostObservation,
    HostsItem,
    HostsObservation,
    Role,
    Status,
)
from ipv6matrix.measurements import records
from ipv6matrix.targets import lists
from tests import urls
from tests.samples import AT, domain_url, lookup
from tests.spiders.parsing import SOA, chosen, domain, hosts, parsed, roles

# --- domains ---


def test_a_domain_leads_to_its_hosts(spider):
    """Guessed hosts share one request, NS and MX hosts have one each, and the item has all of them."""
    ns = lookup("a.example", "NS", "ns1.a.example", "ns.b.example")
    mx = lookup("a.example", "MX", (10, "mail.a.example"))
    soa = lookup("a.example", "SOA", SOA)
    found_urls, item = domain(spider(), ns=ns, mx=mx, soa=soa)

    assert [
        urls.guesses("a.example", ("www", "six", "ntp")),
        urls.host("ns1.a.example"),
        urls.host("ns.b.example"),
        urls.host("mail.a.example"),
    ] == found_urls
    assert (
        DomainItem(
            url=domain_url("a.example"),
            name="a.example",
            tld="example",
            ns=ns,
            mx=mx,
            soa=soa,
            roles=(
                Role(kind="NS", host="ns1.a.example", priority=1),
                Role(kind="NS", host="ns.b.example", priority=2),
                Role(kind="MX", host="mail.a.example", priority=10),
                Role(kind="WWW", host="www.a.example", priority=0),
                Role(kind="WWW", host="six.a.example", priority=0),
                Role(kind="NTP", host="ntp.a.example", priority=0),
            ),
            asked_at=AT,
        )
        == item
    )


def test_name_servers_keep_the_order_of_the_answer(spider):
    """The rank of a name server is its place in the answer, and a duplicate counts once."""
    _, item = domain(spider(), ns=lookup("a.example", "NS", "z.example", "b.example", "z.example", "a.example"))

    assert [("z.example", 1), ("b.example", 2), ("a.example", 3)] == roles(item, "NS")


def test_an_empty_name_server_is_not_a_host(spider):
    """The root as name server is neither stored nor looked up."""
    found_urls, item = domain(spider(FEATURES="NS"), ns=lookup("a.example", "NS", "", "ns.example"))

    assert [("ns.example", 1)] == roles(item, "NS")
    assert [urls.host("ns.example")] == found_urls


def test_mail_exchangers_are_ordered_by_preference(spider):
    """A host that is named twice is stored and looked up once, with its lowest preference; no later one is lost."""
    mx = lookup("a.example", "MX", (30, "c.example"), (20, "b.example"), (10, "a.example"), (5, "b.example"))
    found_urls, item = domain(spider(FEATURES="MX"), mx=mx)

    assert [("b.example", 5), ("a.example", 10), ("c.example", 30)] == roles(item, "MX")
    assert [urls.host(name) for name in ("b.example", "a.example", "c.example")] == found_urls


def test_a_null_mx_is_not_a_host(spider):
    """A domain that accepts no mail (RFC 7505) has no MX host, and nothing is looked up for it."""
    mx = lookup("a.example", "MX", (0, ""))
    found_urls, item = domain(spider(FEATURES="MX"), mx=mx)

    assert [] == found_urls
    assert () == item.roles
    assert mx == item.mx


def test_a_host_with_two_roles_is_looked_up_once(spider):
    """A host that is NS and MX has both roles and one request."""
    ns, mx = lookup("a.example", "NS", "x.example"), lookup("a.example", "MX", (10, "x.example"))
    found_urls, item = domain(spider(FEATURES="NS,MX"), ns=ns, mx=mx)

    assert [urls.host("x.example")] == found_urls
    assert [("x.example", 1)] == roles(item, "NS")
    assert [("x.example", 10)] == roles(item, "MX")


def test_nxdomain_saves_the_guesses(spider):
    """
    Below a name that does not exist nothing exists (RFC 8020): the guessed hosts are stored as absent, without a
    lookup.
    """
    gone = lookup("a.example", "NS", status=Status.NXDOMAIN, ttl_s=60)
    found_urls, item = domain(spider(), ns=gone)

    assert [] == found_urls
    assert ["www.a.example", "six.a.example", "ntp.a.example"] == [host.name for host in item.hosts]
    for host in item.hosts:
        assert (Status.NXDOMAIN, 60, AT) == (host.a.status, host.a.ttl_s, host.a.asked_at)
        assert Status.NXDOMAIN == host.aaaa.status
        assert (None, ()) == (host.refusal, host.chosen)
    assert 3 == len(item.roles)


def test_an_alias_to_a_missing_name_does_not_save_the_guesses(spider):
    """NXDOMAIN at the end of a CNAME is about the alias' target: the domain itself exists."""
    alias = lookup("a.example", "NS", status=Status.NXDOMAIN, canonical_name="gone.example")
    found_urls, _ = domain(spider(), ns=alias)

    assert [urls.guesses("a.example", ("www", "six", "ntp"))] == found_urls


@pytest.mark.parametrize("status", [Failure.TIMEOUT, Failure.SERVFAIL, Failure.REFUSED, Status.NODATA])
def test_only_proven_absence_saves_lookups(spider, status):
    """After a failure or an empty answer the guessed hosts are looked up."""
    found_urls, item = domain(spider(), ns=lookup("a.example", "NS", status=status))

    assert [urls.guesses("a.example", ("www", "six", "ntp"))] == found_urls
    assert status == item.ns.status


@pytest.mark.parametrize(
    "name", ["bad name.example", "mail..example", "-x.example", "a/b.example", "*.example", "\udc80.example"]
)
def test_a_host_with_an_invalid_name_is_not_looked_up(spider, name):
    """A host from an MX record with an invalid name is stored with its exclusion."""
    found_urls, item = domain(spider(FEATURES="MX"), mx=lookup("a.example", "MX", (10, name), (20, "good.example")))

    assert [urls.host("good.example")] == found_urls
    assert [Host(name=name, refusal="invalid_name")] == list(item.hosts)
    assert [(name, 10), ("good.example", 20)] == roles(item, "MX")


def test_a_guess_that_is_too_long_is_not_looked_up(spider):
    """A domain of maximum length leaves no room for a label before it; the other guesses are looked up."""
    name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 49, "example"])
    assert 249 == len(name) <= lists.MAX_NAME
    found_urls, item = domain(spider(WWW_PREFIXES="www,w", NTP_PREFIXES="ntp"), name=name, ns=lookup(name, "NS"))

    assert [urls.guesses(name, ("www", "w", "ntp"))] == found_urls
    found_urls, item = domain(spider(WWW_PREFIXES="www6,w", NTP_PREFIXES="time"), name=name, ns=lookup(name, "NS"))
    assert [urls.guesses(name, ("w",))] == found_urls
    assert [
        Host(name=f"www6.{name}", refusal=Failure.NAME_TOO_LONG),
        Host(name=f"time.{name}", refusal=Failure.NAME_TOO_LONG),
    ] == list(item.hosts)


def test_a_domain_without_room_for_guesses_has_no_request(spider):
    """If every guess is too long no request is made for them."""
    name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 53, "example"])
    found_urls, item = domain(spider(), name=name, ns=lookup(name, "NS"))

    assert [] == found_urls
    assert ["name_too_long"] * 3 == [host.refusal for host in item.hosts]


@pytest.mark.parametrize(
    ("settings", "kinds", "found_urls"),
    [
        ({"FEATURES": "NS"}, {"NS"}, [urls.host("ns.example")]),
        ({"FEATURES": "MX"}, {"MX"}, [urls.host("mx.example")]),
        ({"FEATURES": "WWW"}, {"WWW"}, [urls.guesses("a.example", ("www", "six"))]),
        ({"FEATURES": "NTP"}, {"NTP"}, [urls.guesses("a.example", ("ntp",))]),
        ({"FEATURES": "WWW,NTP", "WWW_PREFIXES": ""}, {"NTP"}, [urls.guesses("a.example", ("ntp",))]),
        ({"FEATURES": ""}, set(), []),
    ],
)
def test_a_disabled_feature_requests_nothing(spider, settings, kinds, found_urls):
    """Only hosts of the chosen features are looked up."""
    made = spider(**settings)
    types = records.types(made._crawl.plan)
    observation = {
        "ns": lookup("a.example", "NS", "ns.example") if "NS" in types else None,
        "mx": lookup("a.example", "MX", (10, "mx.example")) if "MX" in types else None,
        "soa": lookup("a.example", "SOA", SOA),
    }
    actual_urls, item = domain(made, **observation)

    assert found_urls == actual_urls
    assert kinds == {role.kind for role in item.roles}


def test_an_unrequested_soa_is_not_stored(spider):
    """An SOA that only shows whether a domain exists is not part of the item."""
    _, item = domain(spider(FEATURES="WWW"), soa=lookup("a.example", "SOA", SOA))

    assert item.soa is None


# --- hosts and addresses ---


def test_every_metric_of_an_address_is_requested(spider):
    """Each metric is one request for each chosen address, the ports together."""
    found_urls, _ = hosts(spider(), "1.0.0.1", "2a00::1")

    assert [
        urls.reverse("1.0.0.1"),
        urls.ping("1.0.0.1"),
        urls.tcp("1.0.0.1", (25, 80, 443), starttls=True),
        urls.trace("1.0.0.1"),
        urls.reverse("2a00::1"),
        urls.ping("2a00::1"),
        urls.tcp("2a00::1", (25, 80, 443), starttls=True),
        urls.trace("2a00::1"),
    ] == found_urls


@pytest.mark.parametrize(
    ("metrics", "found_urls"),
    [
        ("reverse", [urls.reverse("1.0.0.1")]),
        ("ping", [urls.ping("1.0.0.1")]),
        ("tcp80", [urls.tcp("1.0.0.1", (80,), starttls=False)]),
        ("tcp443,tcp80", [urls.tcp("1.0.0.1", (80, 443), starttls=False)]),
        ("tcp25", [urls.tcp("1.0.0.1", (25,), starttls=False)]),
        ("tls", [urls.tcp("1.0.0.1", (25,), starttls=True)]),
        ("path", [urls.trace("1.0.0.1")]),
        ("soa,geoip,ip6Type", []),
        ("", []),
    ],
)
def test_a_disabled_metric_is_not_requested(spider, metrics, found_urls):
    """Each metric alone leads to its own request and no other."""
    assert found_urls == hosts(spider(METRICS=metrics), "1.0.0.1")[0]


def test_a_metric_skipped_by_the_preflight_is_not_requested(spider):
    """A tool that is missing at the start changes the requests of that run."""
    made = spider(METRICS="ping,path")
    made._crawl.plan.skip_metric("path", "no mtr-packet")

    assert [urls.ping("1.0.0.1")] == hosts(made, "1.0.0.1")[0]


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (("9.0.0.1", "11.0.0.1"), ("9.0.0.1",)),
        (("11.0.0.1", "9.0.0.1"), ("9.0.0.1",)),
        (("10.0.0.1", "192.168.0.1", "11.0.0.1"), ("11.0.0.1",)),
        (("2a00::10", "2a00::9"), ("2a00::9",)),
        (("2a00::a", "2a00::10", "2a00::9"), ("2a00::9",)),
        (("fe80::1", "fd00::1", "::ffff:1.0.0.1", "2a00::1"), ("2a00::1",)),
        (("2002:100:1::1", "2a00::1"), ("2002:100:1::1",)),
        (("2a00::1", "1.0.0.1"), ("1.0.0.1", "2a00::1")),
        (("10.0.0.1", "fe80::1"), ()),
        ((), ()),
    ],
)
def test_the_smallest_usable_address_of_each_family_is_probed(spider, addresses, expected):
    """The choice is by value and independent of the order of the answer; excluded addresses are skipped."""
    assert expected == chosen(spider(), *addresses)


def test_an_address_that_opted_out_is_skipped(spider, tmp_path):
    """The smallest address that did not opt out is probed instead."""
    (tmp_path / "optout").write_text("1.0.0.1\n2a00::/16\n")

    assert ("1.0.0.2",) == chosen(spider(OPTOUT_FILE=str(tmp_path / "optout")), "1.0.0.1", "1.0.0.2", "2a00::1")


def test_allowed_networks_are_chosen(spider):
    """Numerically ::9 comes before ::10, where documentation addresses may be probed."""
    made = spider(PROBE_ALLOWED_NETWORKS="2001:db8::/32")

    assert ("2001:db8::9",) == chosen(made, "2001:db8::10", "2001:db8::9")


def test_more_addresses_of_a_host_may_be_probed(spider):
    """ADDRESSES_PER_HOST applies to each family, and equal addresses count once."""
    made = spider(ADDRESSES_PER_HOST=2)

    assert ("1.0.0.1", "1.0.0.2", "2a00::1") == chosen(made, "1.0.0.3", "1.0.0.2", "1.0.0.1", "1.0.0.1", "2a00::1")


def test_addresses_that_are_not_probed_are_stored(spider):
    """All addresses of a host are in the item, each once, in the order of the answer."""
    found_urls, item = hosts(spider(METRICS="ping"), "10.0.0.1", "1.0.0.2", "1.0.0.1", "fe80::1")

    assert [urls.ping("1.0.0.1")] == found_urls
    assert [
        Address(address="10.0.0.1", family=4, found_at=AT),
        Address(address="1.0.0.2", family=4, found_at=AT),
        Address(address="1.0.0.1", family=4, found_at=AT),
        Address(address="fe80::1", family=6, found_at=AT),
    ] == list(item.addresses)


def test_an_address_of_two_hosts_is_probed_once(spider):
    """Hosts of one answer that share an address share its probes; the mark of a wildcard stays with its host."""
    made = spider(METRICS="ping")
    url = urls.guesses("a.example", ("www", "six"))
    observation = HostsObservation(
        hosts=(
            HostObservation(name="www.a.example", a=lookup("www.a.example", "A", "1.0.0.1")),
            HostObservation(name="six.a.example", a=lookup("six.a.example", "A", "1.0.0.1"), wildcard=True),
        )
    )
    found_urls, item = parsed(made, url, observation)

    assert [urls.ping("1.0.0.1")] == found_urls
    assert [("1.0.0.1",), ("1.0.0.1",)] == [host.chosen for host in item.hosts]
    assert [False, True] == [host.wildcard for host in item.hosts]
    assert 1 == len(item.addresses)


def test_known_hosts_leave_an_empty_item(spider):
    """An answer without hosts marks its request as answered and adds nothing."""
    url = urls.host("www.a.example")

    assert ([], HostsItem(url=url, hosts=(), addresses=())) == parsed(spider(), url, HostsObservation(hosts=()))


def test_guessed_hosts_that_opted_out_are_stored_with_the_reason(spider):
    """A host that was left out of a request because it opted out is stored as such."""
    url = urls.guesses("a.example", ("www", "six"))
    observation = HostsObservation(hosts=(HostObservation(name="six.a.example", a=lookup("six.a.example", "A")),))
    _, item = parsed(spider(), url, observation, opted_out=("www.a.example",))

    assert [("six.a.example", None), ("www.a.example", "opted_out")] == [(h.name, h.refusal) for h in item.hosts]
