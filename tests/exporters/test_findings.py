"""The figures of a report, held against the truth about the simulated Internet."""

from __future__ import annotations

from collections import Counter

import pytest

from ipv6matrix.exceptions import ExportError
from ipv6matrix.exporters.findings import KINDS, Findings, Share, find, median
from ipv6matrix.items import Failure, Role, Status
from ipv6matrix.store.database import Store
from tests import opened
from tests.expected import GAP_LIMIT, Expected
from tests.exporters import made
from tests.finished import Finished
from tests.samples import domain_item, host, hosts_item, lookup, ping_item

CERTAIN = {*Status, Failure.NAME_TOO_LONG}


@pytest.fixture(scope="module")
def found(finished: Finished):
    return find(finished.store)


def chosen(expected: Expected):
    """Give, by host, the address of each family that stands for it."""
    hosts: dict[str, dict[int, str]] = {}
    for name, family, address, choice in expected.host_addresses:
        if choice:
            hosts.setdefault(name, {})[family] = address
    return hosts


def by_domain(expected: Expected, kind: str):
    """Give the names of a domain's hosts of a kind, by domain."""
    return {
        domain: [host for role, of, host, _ in expected.roles if (role, of) == (kind, domain)]
        for domain in expected.domains
    }


@pytest.mark.parametrize("kind", KINDS)
def test_domains_with_ipv6_are_those_of_the_truth(finished: Finished, found: Findings, kind):
    """
    A domain has IPv6 on a kind of host, or has not, or it is not known; without such a host it does not count.
    """
    expected, addresses = finished.expected, chosen(finished.expected)
    share = Share()
    for domain, names in by_domain(expected, kind).items():
        families = {family for name in names for family in addresses.get(name, {})}
        lookups = [expected.hosts[name].aaaa.status for name in names if name in expected.hosts]
        if kind in ("NS", "MX"):
            lookups.append(getattr(expected.domains[domain], kind.lower()).status)
        refused = any(reason not in CERTAIN for name, reason in expected.refused_hosts.items() if name in names)
        unknown = 6 not in families and (refused or any(status not in CERTAIN for status in lookups))
        if families or unknown:
            share.add(part=6 in families, unknown=unknown)

    assert share == found.kinds[kind]
    assert share.part > 0


@pytest.mark.parametrize(("service", "kind", "port"), [("HTTP", "WWW", 80), ("HTTPS", "WWW", 443), ("SMTP", "MX", 25)])
@pytest.mark.parametrize("family", [4, 6])
def test_reachability_is_that_of_the_truth(finished: Finished, found: Findings, service, kind, port, family):
    """
    A host counts once for each domain that uses it; mail counts where a server greets.
    """
    addresses = chosen(finished.expected)
    hosts = [name for names in by_domain(finished.expected, kind).values() for name in names]
    targets = [finished.expected.probed[addresses[name][family]] for name in hosts if family in addresses.get(name, {})]
    reached = [
        truth
        for truth in targets
        if truth.ports[port].open and (port != 25 or (truth.smtp and truth.smtp.greeting_code == 220))
    ]

    assert Share(part=len(reached), whole=len(targets)) == found.services[service, family]
    assert 0 < len(reached) < len(targets)


def test_hosts_that_are_compared_are_those_of_the_truth(finished: Finished, found: Findings):
    """
    Each dual-stack host counts once: for times when both addresses answer, for hops when traces reach both.
    """
    expected = finished.expected
    pairs = [(found[4], found[6]) for found in chosen(expected).values() if len(found) == 2]
    truths = [(expected.probed[four], expected.probed[six]) for four, six in pairs]
    hops = [tuple(one.trace(gap_limit=GAP_LIMIT).reached_ttl for one in pair) for pair in truths]
    reached = [(four, six) for four, six in hops if four and six]

    assert len(pairs) == found.dual_stack
    assert sum(four.echo and six.echo for four, six in truths) == found.rtts.hosts == found.rtt_ratio.count
    assert Counter(four for four, _ in reached) == found.hops[4]
    assert Counter(six - four for four, six in reached) == found.hops_difference
    assert (sum(four < six for four, six in reached), sum(six < four for four, six in reached)) == (
        found.paths.four,
        found.paths.six,
    )


def test_medians_are_those_of_all_times(finished: Finished, found: Findings):
    """
    The median of the means of a family is right to 0.6 percent.
    """
    means = sorted(
        mean
        for (mean,) in finished.store.query(
            "SELECT (SELECT avg(value) FROM pings, json_each(rtts_ms) WHERE address_id = four.address_id) AS mean"
            " FROM host_addresses AS four JOIN host_addresses AS six USING (host_id)"
            " JOIN pings AS other ON other.address_id = six.address_id AND other.rtts_ms <> '[]'"
            " WHERE four.family = 4 AND four.choice = 1 AND six.family = 6 AND six.choice = 1 AND mean IS NOT NULL"
        )
    )

    assert pytest.approx(means[(len(means) - 1) // 2], rel=0.007) == found.rtt_ms[4].median


def test_countries_and_tlds_count_every_domain(finished: Finished, found: Findings):
    """
    Each domain that was asked is in one country, the unknown one included, and in one TLD.
    """
    domains = len(finished.expected.domains)
    tlds = Counter(name.rpartition(".")[2] for name in finished.expected.domains)

    assert domains == found.asked_domains == sum(share.whole for share in found.countries.values())
    assert tlds == {tld: share.whole for tld, share in found.tlds.items()}


def test_an_error_is_no_absence(tmp_path):
    """
    A host with IPv4 whose AAAA lookup failed leaves it open whether its domain has IPv6.
    """
    half = host("www.a.example", "192.0.2.1")
    half.aaaa = lookup("www.a.example", "AAAA", status=Failure.SERVFAIL)
    store = made.crawl(
        tmp_path / "ips.db",
        domain_item("a.example", roles=(Role(kind="WWW", host="www.a.example", priority=0),)),
        hosts_item(half),
    )

    assert Share(part=0, whole=1, unknown=1) == find(store).kinds["WWW"]
    assert None is find(store).kinds["WWW"].percent


def test_an_answer_in_no_time_is_a_time(tmp_path):
    """
    A mean that is rounded to 0 ms is the shortest time there is, not a missing one.
    """
    store = made.crawl(
        tmp_path / "ips.db",
        hosts_item(host("www.a.example", "192.0.2.1", "2001:db8::1")),
        ping_item("192.0.2.1", 0.0001),
        ping_item("2001:db8::1", 1.0),
    )

    assert 1 == find(store).rtts.hosts


@pytest.mark.parametrize(("counts", "expected"), [({}, None), ({3: 2}, 3), ({3: 1, 4: 1}, 3.5), ({1: 2, 9: 1}, 1)])
def test_medians_of_counts(counts, expected):
    """
    The middle, or the mean of both middles.
    """
    assert expected == median(Counter(counts))


def test_a_database_without_a_crawl_is_refused(tmp_path):
    """
    Where no crawl has begun there is nothing to report.
    """
    Store(tmp_path / "ips.db").close()

    with pytest.raises(ExportError, match="CRAWL_MISSING"):
        find(opened.read(tmp_path / "ips.db"))
