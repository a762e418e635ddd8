"""The speed of a crawl."""

from __future__ import annotations

import pytest

from ipv6matrix.progress.pace import UNKNOWN, Pace, Window
from ipv6matrix.store.counts import Counts


def counts(asked=None, done=None):
    made = Counts()
    made.asked.update(asked or {})
    made.done.update(done or {})
    return made


def pace(*samples):
    """Return the pace after samples (seconds, counts)."""
    window = Window()
    for at, sample in samples:
        window.note(at, sample)
    return window.pace()


def test_there_is_no_rate_at_first():
    """Without a sample, and with one, there is no rate."""
    assert UNKNOWN == Window().pace()
    assert UNKNOWN == pace((0.0, counts(done={"dns": 500})))


@pytest.mark.parametrize(("seconds", "expected"), [(14.9, None), (20.0, 5.0)])
def test_a_rate_needs_some_time(seconds, expected):
    """Rates are answers per second, over at least 15 seconds."""
    known = pace((100.0, counts(done={"ping": 50})), (100.0 + seconds, counts(done={"ping": 150})))

    assert expected == known.per_second.get("ping")


def test_rates_are_those_of_the_last_minutes():
    """Samples older than five minutes do not count."""
    known = pace(*((float(at), counts(done={"dns": min(at, 600) * 10})) for at in range(0, 1201, 100)))

    assert 0.0 == known.per_second["dns"]


def test_later_counts_do_not_change_a_sample():
    """A sample is a copy."""
    live, window = counts(done={"dns": 10}), Window()
    window.note(0.0, live)
    live.done["dns"] = 30
    window.note(20.0, live)

    assert 1.0 == window.pace().per_second["dns"]


def test_after_an_outage_rates_start_over():
    """Samples from before the outage do not count."""
    window = Window()
    window.note(0.0, counts())
    window.forget()
    window.note(100.0, counts(done={"dns": 100}))

    assert {} == window.pace().per_second


@pytest.mark.parametrize(("domains", "expected"), [(99, None), (100, 4.0)])
def test_follow_ups_need_some_domains(domains, expected):
    """The number of follow-ups per domain is known from 100 domains on."""
    assert expected == pace((0.0, counts({"domains": domains, "trace": domains * 4}))).per_domain.get("trace")


def test_follow_ups_are_recent_ones():
    """Later domains lead to fewer addresses, because they share hosts with earlier ones: the last minutes count."""
    known = pace(
        (0.0, counts({"domains": 1000, "ping": 4000})),
        (60.0, counts({"domains": 1200, "ping": 4200})),
    )

    assert 1.0 == known.per_domain["ping"]


def test_a_pace_survives_serialization():
    """A stored pace is equal when read back."""
    known = Pace(per_second={"dns": 1.5}, per_domain={"ping": 2.0})

    assert known == Pace.load(known.dump())
