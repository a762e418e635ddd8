"""The session of a machine with PostgreSQL."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from ipv6matrix.cluster import owner, payload
from ipv6matrix.cluster.batch import Answer, Batch, Request
from ipv6matrix.cluster.connection import LostSessionError, safe
from ipv6matrix.cluster.session import Session
from ipv6matrix.exceptions import StoreError
from tests import urls
from tests.postgres import Postgres
from tests.samples import ping_item
from tests.waiting import until

PLAN = "plan"
URL = urls.ping("192.0.2.1")


@pytest.fixture
def url(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(owner, "BUCKETS", 16)
    return postgres.url()


@pytest.fixture
def join(url: str) -> Iterator[Callable[[], Session]]:
    """Return a function that makes a session of one more machine."""
    sessions: list[Session] = []

    def joined() -> Session:
        sessions.append(Session(url, f"machine-{len(sessions)}"))
        sessions[-1].join(PLAN)
        return sessions[-1]

    yield joined
    for session in sessions:
        session.close()


def found(*some: str, fresh: bool = True) -> Batch:
    requests = [Request(*owner.place(url), url, fresh) for url in some]
    return Batch(requests={request.key: request for request in requests})


def answered(url: str) -> Batch:
    item = ping_item(urls.parse(url).subject)
    answer = Answer(*owner.place(url), payload.rank(item), payload.dump(item), item)
    return Batch(answers={answer.key: answer})


def test_a_bucket_has_one_owner(join):
    """Two sessions share the buckets, and none is in both."""
    session, other = join(), join()
    first, second = session.take(10), other.take(16)

    assert (10, 6) == (len(first), len(second))
    assert set(range(16)) == first.keys() | second.keys()
    assert all((first | second).values())


def test_the_owner_learns_what_others_find_once(join):
    """A request that another machine found is read with the next exchange, and not again."""
    session, other = join(), join()
    owned = session.take(16)
    other.exchange(found(URL), ())

    assert (URL,) == session.exchange(Batch(), owned).fresh
    assert () == session.exchange(Batch(), owned).fresh
    assert [URL] == session.pending(owned)


def test_a_request_is_added_once(join):
    """A machine that finds it again, also after it was answered, adds nothing."""
    session, other = join(), join()
    owned = session.take(16)
    session.exchange(found(URL, fresh=False), owned)
    other.exchange(found(URL), ())
    assert [URL] == session.pending(owned)

    session.exchange(answered(URL), owned)
    other.exchange(found(URL), ())

    assert [] == session.pending(owned)
    assert 1 == sum(len(page) for page in session.answers(owned))


def test_a_request_that_is_answered_at_the_same_time_is_not_added_again(join, postgres: Postgres, url: str):
    """A machine that finds it while its owner commits the answer waits for that, and then adds and counts nothing."""
    session, other = join(), join()
    owned = session.take(16)
    session.exchange(found(URL, fresh=False), owned)
    finding = threading.Thread(target=other.exchange, args=(found(URL), ()))
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with session._connection.transaction():
        session.exchange(answered(URL), owned)
        finding.start()
        until(lambda: [(1,)] == postgres.execute(url.rpartition("/")[2], blocked))
    finding.join()

    assert [] == session.pending(owned)
    assert (1, 1) == (session.whole().asked["ping"], session.whole().done["ping"])


def test_contributions_are_counted_once(join):
    """A request counts for the machine that adds it first, an answer for the one that stores it, however often."""
    own, other = join(), join()
    owned = own.take(16)
    for session in (own, other, own):
        session.exchange(found(URL), owned if session is own else ())
    for _ in range(2):
        outlook = own.exchange(answered(URL), owned)
    first, second = (member.counts for member in own.members())

    assert (1, 1, 0) == (first.asked["ping"], first.done["ping"], first.pending("ping"))
    assert {("ping", "no_reply"): 1} == first.outcomes
    assert not second.asked + second.done
    assert (1, 1) == (outlook.whole.asked["ping"], outlook.whole.done["ping"])
    assert not outlook.gained.done


def test_members_are_those_that_joined_ever(join):
    """Each has its buckets, and whether it is still there or has left."""
    first, other, third = join(), join(), join()
    for session in (first, other, third):
        session.exchange(Batch(owned=5, leaves=session is other), ())
    other.close()
    third.close()
    until(lambda: 1 == first.exchange(Batch(owned=16), ()).workers)
    members = first.members()

    assert [(True, False), (False, True), (False, False)] == [(member.is_here, member.has_left) for member in members]
    assert [16, 5, 5] == [member.buckets for member in members]
    assert ["machine-0", "machine-1", "machine-2"] == [member.name for member in members]
    assert all(0 <= member.silent_s < 60 for member in members)


def test_machines_that_find_the_same_requests_do_not_block_one_another(join):
    """Eight machines add the same requests in different orders; each is added once, without an error."""
    some = [urls.ping(f"192.0.{number}.1") for number in range(200)]
    sessions = [join() for _ in range(8)]
    failures: list[BaseException] = []

    def add(session: Session, number: int) -> None:
        try:
            for _ in range(5):
                session.exchange(found(*some[number * 20 :], *some[: number * 20]), ())
        except BaseException as error:  # noqa: BLE001 - reported below
            failures.append(error)

    threads = [threading.Thread(target=add, args=(session, number)) for number, session in enumerate(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failures
    assert sorted(some) == sorted(sessions[0].pending(range(16)))


def test_a_lost_session_cannot_commit(join, postgres: Postgres, url: str):
    """When the server has ended a session, its answers are rejected and its buckets free, but not as given back."""
    session, other = join(), join()
    owned = session.take(16)
    session.exchange(found(URL, fresh=False), owned)
    pid = session._connection.info.backend_pid
    postgres.execute("postgres", f"SELECT pg_terminate_backend({pid}, 10000)")

    with pytest.raises(LostSessionError):
        session.exchange(answered(URL), owned)
    taken = other.take(16)

    assert {False} == set(taken.values())
    assert [URL] == other.pending(taken)
    assert [] == list(other.answers(taken))


def test_a_silent_session_is_ended_by_the_server(join):
    """A process that is suspended loses its buckets after 15 s."""
    assert ("15s",) == join()._connection.execute("SHOW idle_session_timeout").fetchone()
    assert ("15s",) == join()._connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()


def test_a_session_that_only_reads_may_be_silent(url: str):
    """Writing what it has read takes longer than a worker may be silent."""
    session = Session(url, "reader", is_owner=False)

    assert ("0",) == session._connection.execute("SHOW idle_session_timeout").fetchone()
    assert ("0",) == session._connection.execute("SHOW idle_in_transaction_session_timeout").fetchone()
    session.close()


def test_a_stream_has_the_answers_of_its_buckets(join):
    """They are those that a new owner of the buckets reads, in another order."""
    session = join()
    owned = session.take(16)
    for number in range(30):
        session.exchange(answered(urls.ping(f"192.0.{number}.1")), owned)

    assert Counter(text for page in session.answers(range(3, 16)) for text in page) == Counter(
        text for page in session.stream(range(3, 16)) for text in page
    )
    assert 30 == sum(len(page) for page in session.stream(range(16)))


def test_buckets_that_are_given_back_are_clean(join):
    """Their next owner need not wait."""
    session, other = join(), join()
    owned = session.take(16)
    session.exchange(Batch(released={3, 4}), owned)

    assert {3: True, 4: True} == other.take(16)


def test_the_crawl_ends_when_all_buckets_are_listed_and_settled(join):
    """Pending requests, unread parts of the list and buckets that may have failures to retry each prevent the end."""
    session = join()
    owned = set(session.take(16))
    assert not session.exchange(Batch(settled=owned), owned).is_quiet
    assert session.exchange(Batch(listed=owned), owned).has_ended


def test_a_change_of_a_bucket_unsettles_it(join):
    """An answer may have failed, and has to be looked at again."""
    session = join()
    owned = set(session.take(16))
    session.exchange(Batch(settled=owned), owned)
    session.exchange(found(URL, fresh=False), owned)
    assert not session.exchange(Batch(listed=owned), owned).is_quiet
    outlook = session.exchange(answered(URL), owned)
    assert outlook.is_quiet
    assert not outlook.has_ended

    assert session.exchange(Batch(settled=owned), owned).has_ended


def test_machines_are_counted(join):
    """The share of each follows from their number."""
    session, other = join(), join()
    assert 2 == session.exchange(Batch(), ()).workers
    other.close()


def test_discards_add_up(join):
    """Those of another machine are included."""
    first, other = join(), join()
    for session in (first, other):
        batch = Batch()
        batch.discards[URL] += 2
        session.exchange(batch, ())

    assert [(URL, 4)] == first.discards(range(16))


@pytest.mark.parametrize(
    ("change", "plan", "code"),
    [
        ("UPDATE run SET version = version + 1", PLAN, "STORE_VERSION"),
        ("SELECT 1", "another", "STORE_OTHER_CRAWL"),
    ],
)
def test_another_crawl_is_rejected(join, postgres: Postgres, url: str, change: str, plan: str, code: str):
    """A machine does not join a crawl of another version, or of another list."""
    join()
    postgres.execute(url.rpartition("/")[2], change)
    late = Session(url, "late")

    with pytest.raises(StoreError) as error:
        late.join(plan)
    late.close()

    assert code == error.value.code


def test_a_wrong_password_is_reported(postgres: Postgres):
    """The message names the server, and does not contain the password."""
    with pytest.raises(StoreError) as error:
        Session(postgres.url("matrix:wrong-word"), "here")

    assert "STORE_LOGIN_REJECTED" == error.value.code
    assert "wrong-word" not in str(error.value)


def test_a_server_that_is_away_is_reported():
    """Nothing listens on the port."""
    with pytest.raises(StoreError) as error:
        Session("postgresql://matrix:word@127.0.0.1:1/crawl", "here")

    assert "STORE_AWAY" == error.value.code


def test_a_missing_privilege_is_reported(postgres: Postgres, url: str):
    """A user who may not create tables cannot begin a crawl."""
    postgres.execute("postgres", "CREATE USER stranger PASSWORD 'hunter2'")
    session = Session(url.replace("matrix", "stranger", 1), "here")

    with pytest.raises(StoreError) as error:
        session.join(PLAN)
    session.close()

    assert "STORE_NOT_PERMITTED" == error.value.code


def test_an_empty_database_is_reported(url: str):
    """There is nothing to gather."""
    session = Session(url, "here")

    with pytest.raises(StoreError) as error:
        session.run()
    session.close()

    assert "STORE_EMPTY" == error.value.code


def test_tables_have_a_partition_for_each_range(join, postgres: Postgres, url: str):
    """Together they hold all buckets."""
    join()
    rows = postgres.execute(
        url.rpartition("/")[2], "SELECT count(*) FROM pg_inherits WHERE inhparent = 'answers'::regclass"
    )

    assert [(16,)] == rows


def test_messages_contain_no_password():
    """Whatever the form of the URL."""
    assert "postgresql://matrix@server/crawl" == safe("postgresql://matrix:word@server/crawl")
    assert "postgresql://server/crawl" == safe("postgresql://server/crawl")
