"""The figures of a report, compared with the truth about the simulated Internet."""

from __future__ import annotations

from collections import Counter

import pytest

from ipv6matrix.exceptions import ExportError
from ipv6matrix.exporters.findings import Findings, Share, find, median
from ipv6matrix.items import Failure, Role, Status
from ipv6matrix.store.database import Store
from tests import opened
from tests.expected import GAP_LIMIT, Expected
from tests.exporters import made
from tests.finished import Finished
from tests.samples import domain_item, host, hosts_item, lookup, ping_item

CERTAIN = {*Status, Failure.NAME_TOO_LONG}


@pytest.fixture(scope="module")
def findings(finished: Finished):
    return find(finished.store)


def chosen(expected: Expected):
    """Return, by host, the chosen address of each family."""
    hosts: dict[str, dict[int, str]] = {}
    for name, family, address, choice in expected.host_addresses:
        if choice:
            hosts.setdefault(name, {})[family] = address
    return hosts


def by_domain(expected: Expected, kind: str):
    """Return the names of the hosts of a kind, by domain."""
    return {
        domain: [host for role, of, host, _ in expected.roles if (role, of) == (kind, domain)]
        for domain in expected.domains
    }


@pytest.mark.parametrize(("service", "kind", "port"), [("HTTP", "WWW", 80), ("HTTPS", "WWW", 443), ("SMTP", "MX", 25)])
@pytest.mark.parametrize("family", [4, 6])
def test_reachability_matches_the_truth(finished: Finished, findings: Findings, service, kind, port, family):
    """A host counts once for each domain that uses it; mail counts where a server greets."""
    addresses = chosen(finished.expected)
    hosts = [name for names in by_domain(finished.expected, kind).values() for name in names]
    targets = [finished.expected.probed[addresses[name][family]] for name in hosts if family in addresses.get(name, {})]
    reached = [
        truth
        for truth in targets
        if truth.ports[port].open and (port != 25 or (truth.smtp and truth.smtp.greeting_code == 220))
    ]

    assert Share(part=len(reached), whole=len(targets)) == findings.services[service, family]
    assert 0 < len(reached) < len(targets)


def test_compared_hosts_match_the_truth(finished: Finished, findings: Findings):
    """Each dual-stack host counts once: for times if both addresses reply, for hops if traces reach both."""
    expected = finished.expected
    pairs = [(addresses[4], addresses[6]) for addresses in chosen(expected).values() if len(addresses) == 2]
    truths = [(expected.probed[four], expected.probed[six]) for four, six in pairs]
    hops = [tuple(address.trace(gap_limit=GAP_LIMIT).reached_ttl for address in pair) for pair in truths]
    reached = [(four, six) for four, six in hops if four and six]

    assert len(pairs) == findings.dual_stack
    assert sum(four.echo and six.echo for four, six in truths) == findings.rtts.hosts == findings.rtt_ratio.count
    assert Counter(four for four, _ in reached) == findings.hops[4]
    assert Counter(six - four for four, six in reached) == findings.hops_difference
    assert (sum(four < six for four, six in reached), sum(six < four for four, six in reached)) == (
        findings.paths.four,
        findings.paths.six,
    )


def test_medians_match_all_times(finished: Finished, findings: Findings):
    """The median of the means of a family is accurate to 0.6 percent."""
    means = sorted(
        mean
        for (mean,) in finished.store.query(
            "SELECT (SELECT avg(value) FROM pings, json_each(rtts_ms) WHERE address_id = four.address_id) AS mean"
            " FROM host_addresses AS four JOIN host_addresses AS six USING (host_id)"
            " JOIN pings AS other ON other.address_id = six.address_id AND other.rtts_ms <> '[]'"
            " WHERE four.family = 4 AND four.choice = 1 AND six.family = 6 AND six.choice = 1 AND mean IS NOT NULL"
        )
    )

    assert pytest.approx(means[(len(means) - 1) // 2], rel=0.007) == findings.rtt_ms[4].median


def test_countries_and_tlds_count_every_domain(finished: Finished, findings: Findings):
    """Each requested domain is in one country, possibly the unknown one, and in one TLD."""
    domains = len(finished.expected.domains)
    tlds = Counter(name.rpartition(".")[2] for name in finished.expected.domains)

    assert domains == findings.asked_domains == sum(share.whole for share in findings.countries.values())
    assert tlds == {tld: share.whole for tld, share in findings.tlds.items()}


def test_an_error_is_not_an_absence(tmp_path):
    """If the AAAA lookup of a host with IPv4 failed, it is unknown whether its domain has IPv6."""
    half = host("www.a.example", "192.0.2.1")
    half.aaaa = lookup("www.a.example", "AAAA", status=Failure.SERVFAIL)
    store = made.crawl(
        tmp_path / "ips.db",
        domain_item("a.example", roles=(Role(kind="WWW", host="www.a.example", priority=0),)),
        hosts_item(half),
    )

    assert Share(part=0, whole=1, unknown=1) == find(store).kinds["WWW"]
    assert None is find(store).kinds["WWW"].percent


def test_a_time_of_zero_is_a_time(tmp_path):
    """A mean that is rounded to 0 ms is the shortest possible time, not a missing one."""
    store = made.crawl(
        tmp_path / "ips.db",
        hosts_item(host("www.a.example", "192.0.2.1", "2001:db8::1")),
        ping_item("192.0.2.1", 0.0001),
        ping_item("2001:db8::1", 1.0),
    )

    assert 1 == find(store).rtts.hosts


@pytest.mark.parametrize(("counts", "expected"), [({}, None), ({3: 2}, 3), ({3: 1, 4: 1}, 3.5), ({1: 2, 9: 1}, 1)])
def test_medians_of_counts(counts, expected):
    """The median is the middle value, or the mean of the two middle values."""
    assert expected == median(Counter(counts))


def test_a_database_without_a_crawl_is_rejected(tmp_path):
    """Without a started crawl there is nothing to report."""
    Store(tmp_path / "ips.db").close()

    with pytest.raises(ExportError, match="CRAWL_MISSING"):
        find(opened.read(tmp_path / "ips.db"))
