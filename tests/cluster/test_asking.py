"""Why a request of a shared crawl may be sent again, and why not."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest

from ipv6matrix.cluster.owner import key
from tests import urls
from tools.many.asking import Kill, repeated
from tools.many.journal import Entry, Kind

URL = urls.ping("192.0.2.1")
SENT, ANSWERED, RETURNED = Kind.SENT, Kind.ANSWERED, Kind.RETURNED


def journal(*events: tuple[float, Kind]) -> list[Entry]:
    return [Entry(at, kind, URL) for at, kind in events]


def kill(at: float, stored: Iterable[str] = (), exchanged_at: float = 90.0) -> Kill:
    return Kill(worker=0, at=at, exchanged_at=exchanged_at, stored=frozenset(map(key, stored)))


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (journal((99.0, SENT)), "in flight"),
        (journal((99.0, SENT), (99.5, ANSWERED)), "not stored yet"),
    ],
)
def test_a_kill_explains_what_was_not_stored(first: list[Entry], reason: str):
    """What was in flight, and what was answered after the last batch."""
    repeats = repeated([first, journal((120.0, SENT), (121.0, ANSWERED))], ["", ""], [kill(100.0)])

    assert {reason: 1} == repeats.reasons
    assert [] == repeats.problems


def test_a_doubtful_answer_is_no_answer():
    """The process asks again by itself."""
    repeats = repeated([journal((1.0, SENT), (2.0, RETURNED), (3.0, SENT), (4.0, ANSWERED))], [""], [])

    assert ({"doubtful": 1}, []) == (repeats.reasons, repeats.problems)


def test_a_lost_session_explains_what_its_process_sent():
    """Others request again what could not be committed; losses of other processes explain nothing."""
    log = f"{time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(100))} [worker] WARNING: Lost [STORE_AWAY]\n"
    journals = [journal((99.0, SENT), (99.5, ANSWERED)), journal((140.0, SENT))]

    assert {"session lost": 1} == repeated(journals, [log, ""], []).reasons
    assert 1 == len(repeated(journals, ["", log], []).problems)


@pytest.mark.parametrize(
    ("first", "kills", "complaint"),
    [
        (journal((99.0, SENT), (99.5, ANSWERED)), [], "without a kill"),
        (journal((99.0, SENT)), [kill(98.0)], "without a kill"),
        (journal((99.0, SENT), (99.5, ANSWERED)), [kill(100.0, stored=[URL])], "its answer was stored"),
        (journal((50.0, SENT), (51.0, ANSWERED)), [kill(100.0)], "later answers were stored"),
    ],
)
def test_nothing_else_is_sent_again(first: list[Entry], kills: list[Kill], complaint: str):
    """Without a kill of its process, after its answer was stored, or long after it should have been."""
    (problem,) = repeated([first, journal((120.0, SENT))], ["", ""], kills).problems

    assert complaint in problem
