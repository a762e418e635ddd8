"""What one crawl asks."""

from __future__ import annotations

import pytest
from scrapy.settings import BaseSettings

from ipv6matrix.config.plan import FEATURES, METRICS, Plan, words


def plan(**settings):
    defaults = {
        "FEATURES": ",".join(FEATURES),
        "METRICS": ",".join(METRICS),
        "WWW_PREFIXES": "www,www6",
        "NTP_PREFIXES": "ntp",
        "ADDRESSES_PER_HOST": 1,
        "NS_PER_DOMAIN": 32,
        "MX_PER_DOMAIN": 32,
        "ADDRESSES_STORED_PER_HOST": 64,
    }
    return Plan.from_settings(BaseSettings(defaults | settings))


@pytest.mark.parametrize(
    ("features", "metrics", "types"),
    [
        ("NS,MX,WWW,NTP", "soa", ("NS", "MX", "SOA")),
        ("NS,MX", "ping", ("NS", "MX")),
        ("NS", "soa,ping", ("NS", "SOA")),
        ("MX", "soa", ("MX",)),
        ("WWW,NTP", "soa", ()),
    ],
)
def test_features_decide_which_records_are_asked_for(features, metrics, types):
    """
    NS and MX are asked for as features, SOA as a metric of the feature NS.
    """
    assert types == plan(FEATURES=features, METRICS=metrics).domain_types


@pytest.mark.parametrize(
    ("metrics", "ports"),
    [
        ("tcp25,tcp80,tcp443,tls", (25, 80, 443)),
        ("tcp443,tcp80", (80, 443)),
        ("tls", (25,)),
        ("tcp25", (25,)),
        ("soa,reverse,geoip,ping,path,ip6Type", ()),
    ],
)
def test_metrics_decide_which_ports_are_asked(metrics, ports):
    """
    Each port is asked once, in rising order; STARTTLS needs 25.
    """
    assert ports == plan(METRICS=metrics).ports


@pytest.mark.parametrize(
    ("features", "guesses"),
    [
        ("WWW,NTP", (("WWW", "www"), ("WWW", "www6"), ("NTP", "ntp"))),
        ("NTP", (("NTP", "ntp"),)),
        ("NS,MX", ()),
    ],
)
def test_guesses_follow_from_features(features, guesses):
    """
    A feature that is switched off guesses nothing.
    """
    assert guesses == plan(FEATURES=features).guesses


@pytest.mark.parametrize("value", [" a, b ,a,,", ["a", " b", "a", ""]])
def test_words_are_read_from_text_or_lists(value):
    """
    Order stays, spaces and doubles go.
    """
    assert ("a", "b") == words(BaseSettings({"FEATURES": value}), "FEATURES")


def test_a_skipped_metric_is_asked_no_more_and_recorded():
    """
    What this run cannot ask is left out, with the reason; what nobody wanted is not recorded.
    """
    chosen = plan(METRICS="ping,tcp80")
    chosen.skip_metric("ping", "no permission")
    chosen.skip_metric("path", "no mtr-packet")

    assert frozenset({"tcp80"}) == chosen.metrics
    assert {"ping": "no permission"} == chosen.skipped


def test_a_skipped_family_is_refused_and_recorded():
    """
    Addresses of a family without route are not probed.
    """
    chosen = plan()
    chosen.skip_family(6, "no route")

    assert "no_ipv6" == chosen.policy.exclusion("2a00::1")
    assert chosen.policy.exclusion("1.1.1.1") is None
    assert {"ipv6": "no route"} == chosen.skipped


def test_allowed_networks_come_from_the_settings():
    """
    PROBE_ALLOWED_NETWORKS reaches the policy.
    """
    assert plan(PROBE_ALLOWED_NETWORKS="198.18.0.0/15").policy.exclusion("198.18.0.1") is None
    assert "benchmarking" == plan(PROBE_ALLOWED_NETWORKS="").policy.exclusion("198.18.0.1")


def test_opt_outs_come_from_the_settings(tmp_path):
    """
    The networks of OPTOUT_FILE reach the policy; without a file there are none.
    """
    (tmp_path / "optout").write_text("1.1.1.0/24\n")

    assert "opted_out" == plan(OPTOUT_FILE=str(tmp_path / "optout")).policy.exclusion("1.1.1.1")
    assert plan(OPTOUT_FILE="").opt_outs is None


def test_one_plan_does_not_change_another():
    """
    What one run skips, another asks.
    """
    first, second = plan(), plan()
    first.skip_metric("ping", "no permission")
    first.skip_family(4, "no route")

    assert "ping" in second.metrics
    assert {} == second.skipped
    assert second.policy.exclusion("1.1.1.1") is None
