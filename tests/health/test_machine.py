"""The state machine of one dependency of the vantage point."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ipv6matrix.health.machine import (
    BACK_OFF_S,
    HEARTBEAT_S,
    MAX_SENDS,
    PATIENCE_S,
    SPACING_S,
    Machine,
    State,
    Verdict,
    Witnesses,
)

MAX_WAIT_S = 90.0


@pytest.fixture
def machine():
    return Machine(MAX_WAIT_S)


def check(machine, now, *, well, for_s=0.0):
    machine.check_begins(now)
    return machine.check_ends(now + for_s, well=well)


def test_an_observation_waits_for_a_check_that_begins_after_it(machine):
    """An earlier check may have been the last successful one."""
    check(machine, 9.0, well=True)
    assert Verdict.WAIT is machine.judge(8.0, 10.0)

    machine.check_begins(9.9)
    machine.check_ends(10.5, well=True)
    assert Verdict.WAIT is machine.judge(8.0, 10.0)

    check(machine, 11.0, well=True)
    assert Verdict.PASS is machine.judge(8.0, 10.0)


def test_requests_from_before_the_return_do_not_count(machine):
    """Nothing counts during an outage, and afterwards nothing that was sent before its end."""
    assert check(machine, 10.0, well=False)
    assert Verdict.AGAIN is machine.judge(9.0, 9.5)

    assert check(machine, 11.0, well=True)
    assert Verdict.AGAIN is machine.judge(10.9, 12.0)
    check(machine, 13.0, well=True)
    assert Verdict.PASS is machine.judge(11.1, 12.0)


def test_checks_are_spaced(machine):
    """Doubts share a check; the next one begins a second later."""
    assert math.inf == machine.next_at()
    machine.doubt(10.0)
    machine.doubt(10.1)
    assert 10.0 + PATIENCE_S == machine.next_at()

    check(machine, 10.3, well=True)
    machine.doubt(10.4)
    assert 10.3 + SPACING_S == machine.next_at()


def test_a_dependency_in_use_is_checked_without_a_doubt(machine):
    """An outage is detected even while few requests are sent."""
    machine.use(5.0)
    assert 5.0 == machine.next_at()

    check(machine, 5.0, well=True)
    assert 5.0 + HEARTBEAT_S == machine.next_at()


def test_checks_back_off_during_an_outage(machine):
    """Each wait is longer than the one before, up to a minute."""
    now, gaps = 0.0, []
    for _ in range(len(BACK_OFF_S) + 2):
        check(machine, now, well=False)
        machine.away_at = now  # the longest wait has a test of its own
        gaps.append(machine.next_at() - now)
        now = machine.next_at()

    assert [*BACK_OFF_S, BACK_OFF_S[-1], BACK_OFF_S[-1]] == gaps


def test_a_dependency_that_stays_down_is_given_up(machine):
    """After the longest wait checks end, and nothing counts."""
    check(machine, 10.0, well=False)
    assert not machine.tick(10.0 + MAX_WAIT_S - 0.1)

    assert machine.tick(10.0 + MAX_WAIT_S)
    assert State.LOST is machine.state
    assert math.inf == machine.next_at()
    assert Verdict.AGAIN is machine.judge(200.0, 201.0)
    assert not machine.tick(1e6)


@pytest.mark.parametrize(
    ("answers", "well"),
    [
        # (a reference, the first router), check by check; None: no reference to probe
        ([(True, True), (False, True)], False),  # the router answers although its uplink is down
        ([(True, False), (True, False)], True),  # a router that answers no Echo Requests
        ([(False, True), (False, True)], True),  # references are permanently unreachable
        ([(False, True), (False, False)], False),
        ([(False, False)], False),
        ([(True, True), (None, True)], True),  # all references have opted out since
        ([(True, True), (None, False)], False),
    ],
)
def test_the_strongest_evidence_decides(answers, well):
    """References that have ever answered outweigh the first router, which outweighs the targets."""
    witnesses = Witnesses()

    assert well is [witnesses.well(reference=reference, gateway=gateway) for reference, gateway in answers][-1]


@pytest.mark.parametrize("answered", [True, False])
def test_targets_decide_without_other_evidence(answered):
    """Without a reference or router the silence of targets counts, if any target has ever answered."""
    witnesses = Witnesses()
    witnesses.target = answered

    assert answered is witnesses.well(reference=False, gateway=False)


# --- the model ---

STEP_S = 0.25
RTT_S = 0.25
TIMEOUT_S = 2.0
# Longer than a heartbeat and the patience after it: a shorter outage may go undetected.
SHORTEST_S = 6.5
TARGETS = 6


@dataclass
class Asked:
    """A request and its outcome."""

    target: int
    sends: int = 0
    asked_at: float | None = None
    ended_at: float | None = None
    was_up: bool = False
    is_banned: bool = False
    outcome: str | None = None


class World(RuleBasedStateMachine):
    """
    A crawl whose family goes down and comes back, whose targets ban it, and whose checks see the true state of the
    family.

    `confirms_all` stands for the resolver: during an outage it lies, so that a
    wrong answer arrives immediately.
    """

    confirms_all = False

    def __init__(self):
        super().__init__()
        self.machine = Machine(MAX_WAIT_S)
        self.now = 1.0
        self.up = True
        self.changed_at = -math.inf
        self.banning = set()
        self.requests = [Asked(target) for target in range(TARGETS)]

    @rule(steps=st.integers(1, 60))
    def run(self, steps):
        for _ in range(steps):
            self.step()

    @precondition(lambda self: self.now - self.changed_at >= SHORTEST_S)
    @rule()
    def go_or_come_back(self):
        self.up, self.changed_at = not self.up, self.now

    @rule(number=st.integers(0, TARGETS - 1))
    def ban_or_forgive(self, number):
        self.banning ^= {number}

    @rule(number=st.integers(0, TARGETS - 1))
    def find_another(self, number):
        self.requests.append(Asked(number))

    @rule(repeats=st.integers(1, 8))
    def flap(self, repeats):
        for _ in range(repeats):
            while self.now - self.changed_at < SHORTEST_S:
                self.step()
            self.go_or_come_back()

    def step(self):
        self.now += STEP_S
        self.machine.tick(self.now)
        if self.now >= self.machine.next_at():
            self.machine.check_begins(self.now)
            if self.machine.check_ends(self.now, well=self.up) and self.machine.state is State.WELL:
                self.machine.came_back()
        for request in self.requests:
            if request.outcome is None:
                self.advance(request)

    def advance(self, request):
        if request.asked_at is None:
            self.send(request)
        elif request.ended_at is None:
            self.hear(request)
        else:
            self.judge(request)

    def send(self, request):
        if self.machine.state is not State.WELL:
            return  # paused
        if request.sends == MAX_SENDS:
            request.outcome = "failed"
            return
        request.sends += 1
        request.asked_at, request.was_up = self.now, self.up
        request.is_banned = request.target in self.banning
        self.machine.use(self.now)

    def hear(self, request):
        request.was_up &= self.up
        age_s = self.now - request.asked_at
        answers = request.was_up and not request.is_banned
        if answers and age_s >= RTT_S and not self.confirms_all:
            request.outcome = "answer"
        elif age_s >= (RTT_S if self.confirms_all else TIMEOUT_S):
            request.ended_at = self.now
            self.machine.doubt(self.now)

    def judge(self, request):
        verdict = self.machine.judge(request.asked_at, request.ended_at)
        if verdict is Verdict.PASS:
            # Banned: a fact about the target, as long as the family was up.
            request.outcome = "right" if request.was_up else "wrong"
        elif verdict is Verdict.AGAIN:
            request.asked_at = request.ended_at = None
        else:
            self.machine.doubt(request.ended_at)

    @invariant()
    def nothing_false_is_stored(self):
        assert "wrong" not in {request.outcome for request in self.requests}

    @invariant()
    def nothing_is_sent_too_often(self):
        assert all(request.sends <= MAX_SENDS for request in self.requests)

    def teardown(self):
        """Without further events, the crawl ends, or the wait does."""
        for _ in range(int((MAX_WAIT_S + 60 + MAX_SENDS * (TIMEOUT_S + HEARTBEAT_S)) / STEP_S)):
            self.step()
        settled = all(request.outcome for request in self.requests)
        assert settled or self.machine.state is State.LOST
        assert settled or not self.up or self.machine.state is State.LOST


class LyingWorld(World):
    confirms_all = True


TestSilence = World.TestCase
TestLies = LyingWorld.TestCase
for case in (TestSilence, TestLies):
    case.settings = settings(
        max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
