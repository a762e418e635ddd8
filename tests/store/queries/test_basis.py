"""What verdicts depend on, of what a crawl measured."""

from __future__ import annotations

import pytest

from ipv6matrix.readiness.rules import RULES
from ipv6matrix.store.queries import readiness
from tests.exporters import made

EVERYTHING = {"FEATURES": "NS,MX,WWW,NTP", "METRICS": "ping,apex,tcp25,tls,web,pmtu,nameservers,resolver6,path,geoip"}


def basis(tmp_path, **columns):
    return readiness.basis(made.crawl(tmp_path / "ips.db", settings=EVERYTHING, **columns))


def test_metrics_without_influence_are_left_out(tmp_path):
    """A month without traces or places can be compared with others."""
    expected = {"NS", "MX", "WWW", "APEX", "tcp25", "tls", "web", "pmtu", "nameservers", "resolver6"}

    assert expected == basis(tmp_path)


@pytest.mark.parametrize("metric", ["web", "pmtu", "tcp25"])
def test_what_could_not_be_measured_is_left_out(tmp_path, metric):
    """A metric that was skipped is as one that was not chosen."""
    assert metric not in basis(tmp_path, skipped=f'{{"{metric}": "no permission"}}')


def test_rules_apply_to_what_a_basis_may_contain(tmp_path):
    """A basis has a word for each rule that depends on a metric."""
    assert {word for rule in RULES for word in rule.basis} <= basis(tmp_path)
