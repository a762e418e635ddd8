"""Whether a domain has IPv6."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, insert, select

from ipv6matrix.summaries.prepared.ipv6 import has_ipv6, is_unknown, state, state_of
from ipv6matrix.summaries.tables import DOMAINS, METADATA
from tests.web.summaries import DATES

CASES = [
    ({}, "no"),
    ({"unknown": 1}, "unknown"),
    ({"www_hosts6": 1}, "yes"),
    ({"ntp_hosts6": 2, "unknown": 1}, "yes"),
    ({"mx_hosts": 3}, "no"),
    ({"http6": 1}, "no"),
]


@pytest.mark.parametrize(("figures", "expected"), CASES)
def test_an_error_is_no_absence(figures, expected):
    """
    One host with IPv6 is enough; without one, a failed question leaves it open. SQL says the same.
    """
    row = dict.fromkeys(("www_hosts6", "mx_hosts6", "ns_hosts6", "ntp_hosts6", "unknown"), 0) | figures
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(DOMAINS), [{"date": DATES[0], "domain": "a.de", "country": "DE", **row}])
        six, unknown, word = connection.execute(select(has_ipv6(), is_unknown(), state_of())).one()
    engine.dispose()

    assert expected == state(row) == word
    assert ((expected == "yes"), (expected == "unknown")) == (bool(six), bool(unknown))
