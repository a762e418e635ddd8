"""What a crawl was configured to request."""

from __future__ import annotations

import json

import pytest

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.asked import asked


def record(folder, settings, skipped=()):
    """Create the database of a crawl with these settings and return the choices read back from it."""
    store = Store(folder / "ips.db")
    store.record_crawl(
        run="2024-01-05__10-00-00",
        version="v",
        settings=json.dumps(settings),
        list="l",
        list_sha256="s",
        started_at=1_704_448_800,
        starts=1,
        resolver="r",
        skipped=json.dumps(dict.fromkeys(skipped, "missing")),
    )
    choices = asked(store)
    store.close()
    return choices


@pytest.mark.parametrize("words", ["NS, MX,", ["NS", "MX"]])
def test_choices_are_those_of_the_settings(tmp_path, words):
    """Comma-separated text and a list of words are equivalent."""
    choices = record(tmp_path, {"FEATURES": words, "METRICS": "soa,ping"})

    assert "2024-01-05__10-00-00" == choices.run
    assert [True, True, False] == [choices.has_feature(word) for word in ("NS", "MX", "WWW")]
    assert [True, True, False] == [choices.has_metric(word) for word in ("soa", "ping", "path")]


def test_skipped_metrics_are_not_listed(tmp_path):
    """A metric that is in the settings but was skipped has no figures."""
    choices = record(tmp_path, {"FEATURES": "NS", "METRICS": "soa,ping"}, skipped=["ping", "ipv6"])

    assert [True, False] == [choices.has_metric(word) for word in ("soa", "ping")]


def test_without_choices_everything_but_skipped_metrics_is_listed(tmp_path):
    """A record without these settings counts as one with all of them."""
    choices = record(tmp_path, {}, skipped=["path"])

    assert [True, True, False] == [choices.has_feature("NTP"), choices.has_metric("ping"), choices.has_metric("path")]


def test_an_empty_choice_selects_nothing(tmp_path):
    """METRICS= without a value requests nothing."""
    assert not record(tmp_path, {"FEATURES": "NS", "METRICS": ""}).has_metric("ping")


def test_a_database_without_a_crawl_has_no_choices(tmp_path):
    """A database has no choices before the first start."""
    store = Store(tmp_path / "ips.db")

    assert asked(store) is None
    store.close()
