"""The buckets of a frontier in PostgreSQL: what is in memory of those that are taken and given back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ipv6matrix.cluster import owner, payload
from ipv6matrix.frontier.postgres import PostgresFrontier
from ipv6matrix.store.database import Store
from tests import urls
from tests.cluster.test_worker import URLS
from tests.samples import ping_item


@pytest.mark.parametrize("taken", [0, 1])
def test_requests_that_were_given_back_do_not_count(tmp_path: Path, taken: int):
    """The list is read further, however many requests another machine has got, read or not."""
    store = Store(tmp_path / "copy.db")
    frontier = PostgresFrontier(store, {"dns": 4, "ping": 4})
    frontier.own(range(owner.BUCKETS), ())
    for number in range(1200):
        frontier.add(urls.host(f"www.d{number}.example"))
    assert not frontier.hungry
    for url in [frontier.next("dns") for _ in range(taken)]:
        assert url is not None
        frontier.leave(url)
        frontier.put_back(url)
    frontier.disown(range(owner.BUCKETS))

    assert frontier.next("dns") is None
    assert frontier.hungry
    store.close()


@pytest.fixture
def frontier(tmp_path: Path) -> Iterator[PostgresFrontier]:
    """A frontier that owns all buckets and has the requests of `URLS`, of which it has read all and handed out one."""
    store = Store(tmp_path / "copy.db")
    frontier = PostgresFrontier(store, {"dns": 1, "ping": 1})
    frontier.own(range(owner.BUCKETS), ())
    frontier.restore_requests(URLS)
    assert frontier.next("ping") == URLS[0]
    yield frontier
    store.close()


def test_a_bucket_that_comes_back_is_as_the_last_owner_left_it(frontier: PostgresFrontier):
    """Requests that were read before it was given back are not handed out twice, or after their answers."""
    answered = [payload.dump(ping_item(urls.parse(url).subject)) for url in URLS[:20]]
    frontier.disown(range(owner.BUCKETS))
    frontier.leave(URLS[0])
    frontier.own(range(owner.BUCKETS), ())
    frontier.restore_answers(answered)
    frontier.restore_requests(URLS[20:])
    taken = []
    while (url := frontier.next("ping")) is not None:
        taken.append(url)
        frontier.leave(url)

    assert list(URLS[20:]) == taken


def test_a_request_of_a_bucket_that_was_given_back_is_not_repeated(
    frontier: PostgresFrontier, monkeypatch: pytest.MonkeyPatch
):
    """Even if it was in flight for too long: that is up to the next owner."""
    monkeypatch.setattr("ipv6matrix.frontier.postgres._FORGOTTEN_S", 0.0)
    frontier.leave(URLS[0])
    frontier.disown(range(owner.BUCKETS))
    frontier.repeat_forgotten()
    frontier.put_back(URLS[0])

    assert frontier.next("ping") is None


def test_each_bucket_waits_for_its_own_requests(frontier: PostgresFrontier):
    """Buckets that were to leave long ago do not hurry those of a machine that joins later."""
    home = owner.bucket(URLS[0])
    frontier.leave_buckets(owner.BUCKETS)
    assert set(range(owner.BUCKETS)) - {home} == frontier.may_go(60.0)
    frontier.disown({home + 1})
    frontier.leaving[home - 1] -= 61.0
    assert home not in frontier.may_go(60.0)

    frontier.leaving[home] -= 61.0

    assert home in frontier.may_go(60.0)
