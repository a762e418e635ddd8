"""What one crawl requests."""

from __future__ import annotations

import pytest
from scrapy.settings import BaseSettings

from ipv6matrix.config.metrics import chosen, metrics
from ipv6matrix.config.plan import FEATURES, Plan, words


def plan(**settings):
    defaults = {
        "FEATURES": ",".join(FEATURES),
        "METRICS": ",".join(metrics()),
        "WWW_PREFIXES": "www,www6",
        "NTP_PREFIXES": "ntp",
        "ADDRESSES_PER_HOST": 1,
        "NS_PER_DOMAIN": 32,
        "MX_PER_DOMAIN": 32,
        "ADDRESSES_STORED_PER_HOST": 64,
    }
    given = BaseSettings(defaults | settings)
    return Plan.from_settings(given, chosen(given))


@pytest.mark.parametrize(
    ("features", "guesses"),
    [
        ("WWW,NTP", (("WWW", "www"), ("WWW", "www6"), ("NTP", "ntp"))),
        ("NTP", (("NTP", "ntp"),)),
        ("NS,MX", ()),
    ],
)
def test_guesses_follow_from_features(features, guesses):
    """A disabled feature guesses nothing."""
    assert guesses == plan(FEATURES=features, METRICS="ping").guesses


def test_the_domain_itself_is_a_metric():
    """It has a role and a label of its own, whatever the features."""
    assert (("APEX", "@"),) == plan(FEATURES="NS,MX", METRICS="apex").guesses


@pytest.mark.parametrize("value", [" a, b ,a,,", ["a", " b", "a", ""]])
def test_words_are_read_from_text_or_lists(value):
    """Order is preserved, spaces and duplicates are removed."""
    assert ("a", "b") == words(BaseSettings({"FEATURES": value}), "FEATURES")


def test_a_skipped_metric_is_recorded():
    """
    A metric that this run cannot measure is left out, with the reason; one that was not requested is not recorded.
    """
    chosen = plan(METRICS="ping,tcp80")
    chosen.skip_metric("ping", "no permission")
    chosen.skip_metric("path", "no mtr-packet")

    assert frozenset({"tcp80"}) == chosen.metrics
    assert {"ping": "no permission"} == chosen.skipped


def test_a_skipped_family_is_excluded_and_recorded():
    """Addresses of a family without route are not probed."""
    chosen = plan()
    chosen.skip_family(6, "no route")

    assert "no_ipv6" == chosen.policy.exclusion("2a00::1")
    assert chosen.policy.exclusion("1.1.1.1") is None
    assert {"ipv6": "no route"} == chosen.skipped


def test_allowed_networks_come_from_the_settings():
    """PROBE_ALLOWED_NETWORKS reaches the policy."""
    assert plan(PROBE_ALLOWED_NETWORKS="198.18.0.0/15").policy.exclusion("198.18.0.1") is None
    assert "benchmarking" == plan(PROBE_ALLOWED_NETWORKS="").policy.exclusion("198.18.0.1")


def test_opt_outs_come_from_the_settings(tmp_path):
    """The networks of OPTOUT_FILE reach the policy; without a file there are none."""
    (tmp_path / "optout").write_text("1.1.1.0/24\n")

    assert "opted_out" == plan(OPTOUT_FILE=str(tmp_path / "optout")).policy.exclusion("1.1.1.1")
    assert plan(OPTOUT_FILE="").opt_outs is None


def test_plans_are_independent():
    """A metric skipped in one run is measured in another."""
    first, second = plan(), plan()
    first.skip_metric("ping", "no permission")
    first.skip_family(4, "no route")

    assert "ping" in second.metrics
    assert {} == second.skipped
    assert second.policy.exclusion("1.1.1.1") is None
