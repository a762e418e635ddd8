"""Domains of the list, and the hosts to which they lead."""

from __future__ import annotations

import json
import time

from ipv6matrix.items import Security
from tests.expected import lookup_row
from tests.truth.crawled import Crawled


def test_domains(crawled: Crawled):
    """Each domain of the list has its three lookups; one that opted out has its reason."""
    expected = {
        (name, rdtype): lookup_row(getattr(domain, rdtype.lower()))
        for name, domain in crawled.expected.domains.items()
        for rdtype in ("NS", "MX", "SOA")
    }
    refused = {name for name in crawled.internet.scenario.domains if crawled.expected.is_opted_out(name)}

    assert expected == crawled.lookups("domain", "name")
    assert {name: "opted_out" if name in refused else None for name in crawled.internet.scenario.domains} == dict(
        crawled.rows("SELECT name, refusal FROM domains")
    )


def test_tlds(crawled: Crawled):
    """A domain's TLD is the text after its last dot."""
    assert all(name.split(".")[-1] == tld for name, tld in crawled.rows("SELECT name, tld FROM domains"))


def test_invalid_lines(crawled: Crawled):
    """Each invalid line of the list is counted by reason, and so are duplicate domains."""
    refused = crawled.internet.scenario.refused

    for reason in ("invalid_name", "name_too_long"):
        assert f"'list/refused/{reason}': {refused[reason]}," in crawled.process.stderr
    assert f"'list/known': {refused['duplicate']}," in crawled.process.stderr


def test_security(crawled: Crawled):
    """Each lookup of a domain or host has its security status."""
    expected = {
        (name, rdtype): getattr(domain, rdtype.lower()).security
        for name, domain in crawled.expected.domains.items()
        for rdtype in ("NS", "MX", "SOA")
    }
    rows = crawled.rows("SELECT name, type, security FROM lookups JOIN domains ON id = owner_id WHERE owner = 'domain'")
    hosts = dict(
        crawled.rows(
            "SELECT name, security FROM lookups JOIN hosts ON id = owner_id WHERE owner = 'host' AND type = 'A'"
        )
    )

    assert expected == {(name, rdtype): security for name, rdtype, security in rows}
    assert {name: host.a.security for name, host in crawled.expected.hosts.items()} == hosts
    assert set(Security) == {*expected.values(), *hosts.values()}


def test_soa(crawled: Crawled):
    """Each SOA record is stored field by field."""
    expected = {
        name: (soa.mname, soa.rname, soa.serial, soa.refresh_s, soa.retry_s, soa.expire_s, soa.minimum_s)
        for name, domain in crawled.expected.domains.items()
        if (soa := domain.soa_record)
    }

    rows = crawled.rows("SELECT domains.name, soa_records.* FROM soa_records JOIN domains ON domains.id = domain_id")

    assert expected == {row[0]: row[2:] for row in rows}


def test_roles(crawled: Crawled):
    """Each domain has its NS hosts by rank, its MX hosts by preference, once each, and its guessed hosts."""
    rows = crawled.rows(
        "SELECT kind, domains.name, hosts.name, priority"
        " FROM roles JOIN domains ON domains.id = domain_id JOIN hosts ON hosts.id = host_id"
    )

    assert len(rows) == len(set(rows))
    assert crawled.expected.roles == set(rows)


def test_every_observation_has_its_time(crawled: Crawled):
    """Each observation has its time, within the time of the crawl."""
    began_at, ended_at = int(crawled.began_at), int(time.time())
    for table in ("domains", "lookups", "pings", "ports", "smtp_sessions", "traces"):
        ((first, last),) = crawled.rows(f"SELECT min(asked_at), max(asked_at) FROM {table}")
        assert began_at <= first <= last <= ended_at, table
    assert [] == crawled.rows("SELECT name FROM hosts WHERE asked_at IS NULL AND refusal IS NULL")


def test_the_crawl_row(crawled: Crawled):
    """One row has version, settings, list, vantage point, resolver, start and end."""
    row = crawled.store.crawl()

    assert row is not None
    assert "finished" == row["end_reason"]
    assert 1 == row["starts"]
    assert str(crawled.internet.domains_file) == row["list"]
    assert 64 == len(row["list_sha256"])
    assert {} == json.loads(row["skipped"])
    assert crawled.internet.settings()["OPTOUT_FILE"] == json.loads(row["settings"])["OPTOUT_FILE"]
    assert f"{crawled.internet.resolver4}:53,[{crawled.internet.resolver6}]:53" == row["resolver"]
    assert row["vantage4"]
    assert ":" in row["vantage6"]
    assert row["started_at"] <= row["ended_at"]


def test_no_request_is_left(crawled: Crawled):
    """Every request of a finished crawl is done."""
    assert [(0,)] == crawled.rows("SELECT count(*) FROM requests WHERE done_at IS NULL")


def test_ordinary_answers_are_stored_completely(crawled: Crawled):
    """The limits in the settings cut no ordinary answer, and its size is stored."""
    hosts = crawled.rows(
        "SELECT name FROM hosts WHERE (SELECT count(*) FROM host_addresses WHERE host_id = hosts.id)"
        " <> (SELECT ifnull(sum(records), 0) FROM lookups"
        "     WHERE owner = 'host' AND owner_id = hosts.id AND type IN ('A', 'AAAA'))"
    )
    domains = crawled.rows(
        "SELECT name FROM domains"
        " WHERE (SELECT count(*) FROM roles WHERE domain_id = domains.id AND kind IN ('NS', 'MX'))"
        " <> (SELECT ifnull(sum(records), 0) FROM lookups"
        "     WHERE owner = 'domain' AND owner_id = domains.id AND type IN ('NS', 'MX'))"
    )

    assert ([], []) == (hosts, domains)
