"""Is what the crawl hangs on still there?"""

from __future__ import annotations

import asyncio
import logging
import time
from types import SimpleNamespace

import pytest
from scrapy import signals

from ipv6matrix import questions
from ipv6matrix.extensions import health as module
from ipv6matrix.extensions.health import Health, Part
from ipv6matrix.middlewares.rate import RateMiddleware
from ipv6matrix.signals import crawl_stopping
from tests.crawlers import count, crawler
from tests.internet.packets import ICMP, ICMPV6
from tests.probes.waiting import until


class Control:
    """A control question that is answered, or not, as a test says."""

    def __init__(self):
        self.alive = True
        self.asked_at = []
        self.targets = []
        self.changes = []

    async def ask(self, targets):
        self.asked_at.append(time.monotonic())
        self.targets.append(targets)
        await asyncio.sleep(0.02)
        return self.alive

    def changed(self, part):
        self.changes.append(part.gone_at is None)


@pytest.fixture
def control():
    return Control()


@pytest.fixture
async def part(control, clock):
    """A part that waits as long as any, on a clock that does not."""
    made = Part("ipv6", control.ask, control.changed)
    yield made
    made.close()


async def test_many_doubts_are_one_control_question(part, control):
    """
    Whatever number of questions ends in silence at once, they share one control question.
    """
    now = time.monotonic()

    assert [True] * 100 == await asyncio.gather(*(part.stood(now) for _ in range(100)))
    assert 1 == len(control.asked_at)


async def test_control_questions_keep_their_distance(part, control):
    """
    One doubt after another leads to no more than one control question in a time.
    """
    for _ in range(4):
        assert await part.stood(time.monotonic())

    gaps = [later - earlier for earlier, later in zip(control.asked_at, control.asked_at[1:], strict=False)]
    assert 3 == len(gaps)
    assert min(gaps) >= module._SPACING_S * 0.9


async def test_a_part_goes_and_comes_back(part, control):
    """
    It is gone until a control question is answered; what was asked before that is to be asked again.
    """
    control.alive = False
    before = time.monotonic()
    assert not await part.stood(before)
    assert part.gone_at is not None
    assert not await part.stood(time.monotonic())

    control.alive = True
    await until(lambda: part.gone_at is None)

    assert [False, True] == control.changes
    assert part.away_s > 0
    assert not await part.stood(before)
    assert await part.stood(time.monotonic())


async def test_control_questions_back_off(part, control):
    """
    While a part is gone, each wait is longer than the one before.
    """
    control.alive = False
    await part.stood(time.monotonic())
    await until(lambda: len(control.asked_at) >= 4, 60)

    gaps = [later - earlier for earlier, later in zip(control.asked_at, control.asked_at[1:], strict=False)]
    assert all(gap >= wait_s * 0.9 for gap, wait_s in zip(gaps, module._BACK_OFF_S, strict=False))


async def test_silence_with_questions_under_way_is_a_doubt(part, control):
    """
    A part is missed before its questions have run into their time-outs.
    """
    control.alive = False
    part.watch()
    assert [] == control.asked_at
    part.under_way["ping://192.0.2.1"] = time.monotonic() - module._SILENCE_S * 2

    part.watch()

    await until(lambda: part.gone_at is not None, 60)


async def test_answers_keep_the_watch_quiet(part, control):
    """
    As long as something is heard there is no doubt, however old a question is.
    """
    part.under_way["trace://192.0.2.1"] = time.monotonic() - 60
    part.note(time.monotonic(), answered=True, target="192.0.2.2")

    part.watch()

    await asyncio.sleep(module._PATIENCE_S * 4)
    assert [] == control.asked_at


async def test_answers_of_a_cache_do_not_vouch(control, part):
    """
    While most questions fail, an answer may have come out of the resolver's cache: a control question decides.
    """
    cached = Part("dns", control.ask, control.changed, is_resolver=True)
    control.alive = False
    for _ in range(30):
        cached.note(time.monotonic(), answered=False)
    doubt = asyncio.ensure_future(cached.stood(time.monotonic()))
    await asyncio.sleep(0)
    cached.note(time.monotonic() + 1, answered=True)

    assert not await doubt
    cached.close()


async def test_the_last_to_answer_are_asked_a_few_at_once(part, control):
    """
    Control questions go to some of those that answered last.
    """
    for n in range(100):
        part.note(time.monotonic(), answered=True, target=f"192.0.2.{n}")
        part.note(time.monotonic(), answered=True, target=f"192.0.2.{n}")

    await part.stood(time.monotonic())

    (targets,) = control.targets
    assert 3 == len(set(targets))
    assert set(targets) <= {f"192.0.2.{n}" for n in range(68, 100)}


async def test_silence_before_a_late_first_reply_is_asked_again(part):
    """
    Whether a family was there before anybody had replied, nobody knows.
    """
    part.begin("ping://192.0.2.1")
    doubt = asyncio.ensure_future(part.stood(time.monotonic()))
    await asyncio.sleep(module._PROMPT_S * 1.5)
    assert not doubt.done()

    part.note(time.monotonic(), answered=True, target="192.0.2.2")

    assert not await doubt
    assert await part.stood(time.monotonic())


async def test_silence_before_a_prompt_first_reply_stands(part):
    """
    A crawl whose first question is to a silent address does not ask it twice.
    """
    part.begin("ping://192.0.2.1")
    doubt = asyncio.ensure_future(part.stood(time.monotonic()))
    await asyncio.sleep(0)

    part.note(time.monotonic(), answered=True, target="192.0.2.2")

    assert await doubt


async def test_an_error_of_the_control_question_is_not_swallowed(part, control):
    """
    Who waits for it gets it, and nobody waits for ever.
    """

    async def broken(targets):
        raise ZeroDivisionError

    part._control = broken

    with pytest.raises(ZeroDivisionError):
        await part.stood(time.monotonic())


async def test_a_crawl_that_stops_waits_for_no_proof(tmp_path):
    """
    Doubts end at once, and their questions stay pending.
    """
    made = crawler(tmp_path)
    ipv4 = made.get_extension(Health).parts["ipv4"]
    doubt = asyncio.ensure_future(ipv4.stood(time.monotonic()))
    await asyncio.sleep(0)

    made.signals.send_catch_log(crawl_stopping)

    assert not await doubt


# --- the real control questions ---


@pytest.fixture
async def health(internet, tmp_path, monkeypatch):
    """The extension as in a crawl of the simulated Internet."""
    monkeypatch.setattr(module, "_BACK_OFF_S", (0.2,) * 100)
    made = crawler(tmp_path, **internet.settings())
    woken = []
    rate = RateMiddleware.from_crawler(made)
    made.engine = SimpleNamespace(
        _slot=SimpleNamespace(nextcall=SimpleNamespace(schedule=lambda: woken.append(1))),
        downloader=SimpleNamespace(middleware=SimpleNamespace(middlewares=[rate])),
    )
    extension = made.get_extension(Health)
    extension.engine_started()
    try:
        yield SimpleNamespace(extension=extension, crawler=made, woken=woken, rate=rate)
    finally:
        internet.resolver_mode("normal")
        internet.drop()
        await made.signals.send_catch_log_async(signals.spider_closed, reason="finished", spider=made.spider)


def at(health, name):
    return health.extension.parts[name]


@pytest.mark.parametrize("targets", [(), ("steady.example", "web.example", "silent.example")])
@pytest.mark.parametrize("mode", ["silent", "servfail", "refused"])
async def test_a_resolver_that_has_no_answers_is_gone(internet, health, caplog, mode, targets):
    """
    Silent or full of errors, it is missed within seconds; with an answer it is back, and the crawl woken.
    """
    for target in targets:
        at(health, "dns").note(time.monotonic(), answered=True, target=target)
    assert await at(health, "dns").stood(time.monotonic())
    internet.resolver_mode(mode)
    began_at = time.monotonic()

    assert not await at(health, "dns").stood(began_at)

    assert time.monotonic() - began_at < 5
    assert {"dns"} == health.extension.paused
    assert [logging.ERROR] == [record.levelno for record in caplog.records if record.name == module.__name__]
    internet.resolver_mode("normal")
    await until(lambda: not health.extension.paused)
    assert [1] == health.woken
    assert "The resolver is back" in caplog.text


@pytest.mark.parametrize("family", [4, 6])
async def test_a_family_without_replies_is_gone(internet, health, family):
    """
    When nobody who replied replies, all probes wait, and the resolver's questions do not.
    """
    name = f"ipv{family}"
    for n in range(3):
        at(health, name).note(time.monotonic(), answered=True, target=internet.address("open", family, n))
    assert await at(health, name).stood(time.monotonic())
    internet.drop(family)

    assert not await at(health, name).stood(time.monotonic())

    assert {"ping", "tcp", "trace"} == health.extension.paused
    assert 1 == count(health.crawler, f"health/{name}/gone")
    internet.drop()
    await until(lambda: not health.extension.paused)


async def test_one_reply_is_enough(internet, health):
    """
    Of three addresses two may have gone themselves.
    """
    addresses = [internet.address("open", 6), internet.address("silent", 6), internet.address("silent", 6, 1)]
    for address in addresses:
        at(health, "ipv6").note(time.monotonic(), answered=True, target=address)

    assert await at(health, "ipv6").stood(time.monotonic())


async def test_without_anybody_who_answered_silence_stands(health, monkeypatch):
    """
    It cannot be told, so the crawl does not wait for ever for what may never have been there.
    """
    monkeypatch.setattr(module, "_START_S", 0.1)

    assert await at(health, "ipv6").stood(time.monotonic())


async def test_control_echoes_can_be_told_apart(internet, health):
    """
    They are shorter than those of a ping.
    """
    began_at = time.time()
    for family in (4, 6):
        at(health, f"ipv{family}").note(time.monotonic(), answered=True, target=internet.address("open", family))
        await at(health, f"ipv{family}").stood(time.monotonic())

    echoes = [packet for packet in internet.packets(since=began_at) if packet.protocol in (ICMP, ICMPV6)]
    assert {(4, 56), (6, 76)} == {(packet.family, packet.length_bytes) for packet in echoes}


async def test_control_echoes_take_their_turn_in_the_rates(internet, health):
    """
    What the crawl sends to see whether it is well is no more than it may send.
    """
    for n in range(3):
        at(health, "ipv4").note(time.monotonic(), answered=True, target=internet.address("open", 4, n))
    assert await at(health, "ipv4").stood(time.monotonic())

    # As soon as one has replied the others need not be sent.
    assert 3 == health.rate.packets.waits["network"].turns


async def test_who_opts_out_hears_no_control_question(internet, health):
    """
    An opt-out that comes in the middle of a crawl holds for control questions too.
    """
    began_at = time.time()
    opted_out = internet.address("opted_out", 4)
    at(health, "ipv4").note(time.monotonic(), answered=True, target=opted_out)
    at(health, "dns").note(time.monotonic(), answered=True, target="opted-out.example")

    assert await at(health, "ipv4").stood(time.monotonic())
    assert await at(health, "dns").stood(time.monotonic())

    assert opted_out not in {packet.destination for packet in internet.packets(since=began_at)}
    assert not [query for query in internet.queries(since=began_at) if query.name.endswith("opted-out.example")]


async def test_the_time_away_is_a_stat(internet, health):
    """
    A crawl that ends while a part is gone counts it as well.
    """
    internet.resolver_mode("servfail")
    await at(health, "dns").stood(time.monotonic())

    await health.extension.spider_closed()

    assert health.crawler.stats.get_value("health/dns/away_s") >= 0
    assert 1 == count(health.crawler, "health/dns/gone")


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("dns://resolver/a.example?type=NS", "dns"),
        ("dns://192.0.2.53/a.example?type=NS", None),
        ("ping://192.0.2.1", "ipv4"),
        ("trace://[2001:db8::1]", "ipv6"),
    ],
)
def test_what_a_question_hangs_on(tmp_path, url, name):
    """
    A question to the resolvers hangs on them, a probe on its family.
    """
    extension = crawler(tmp_path).get_extension(Health)

    assert extension.parts.get(name) is extension.part(questions.parse(url))
