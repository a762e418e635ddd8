"""One definition of "has IPv6": the report, the site, the API and `scrapy summary` agree about a crawl."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from lxml import html

from ipv6matrix.exporters import findings
from ipv6matrix.exporters.registry import Target
from ipv6matrix.exporters.report import export as report
from ipv6matrix.exporters.summary import export as publish
from ipv6matrix.items import Failure
from ipv6matrix.store import dataset
from ipv6matrix.store.database import Store
from ipv6matrix.store.queries import ipv6 as queries
from ipv6matrix.summaries import ipv6
from tests import typed
from tests.summaries.test_hosts import address, domain, host
from tests.summaries.true_figures import TrueFigures
from tests.web import client
from tools import made_up

NAMES = {"WWW": "Web", "MX": "Mail", "NS": "Name servers", "NTP": "Time"}
FOUR, SIX = address("192.0.2.1"), address("2001:db8::1")


@pytest.mark.parametrize(
    ("hosts", "state"),
    [
        ([host("www.a.example", "WWW", FOUR, SIX)], "yes"),
        ([host("www.a.example", "WWW", FOUR)], "no"),
        ([host("www.a.example", "WWW", FOUR, aaaa=Failure.TIMEOUT)], "unknown"),
        ([host("www.a.example", "WWW", FOUR, aaaa=Failure.TIMEOUT), host("www6.a.example", "WWW", six=SIX)], "yes"),
        ([], None),
        ([host("ns.a.example", "NS", FOUR, SIX)], None),
    ],
)
def test_an_error_is_not_an_absence(hosts, state):
    """A failed lookup is unknown; a domain without such a host is not counted at all."""
    assert state == ipv6.of_kind(domain(*hosts), "WWW")


def test_sql_counts_the_same(tmp_path):
    """The query over a whole crawl and the definition agree about failures, refusals, and every kind of host."""
    made_up.make(tmp_path / "ips.db", 400)
    store = Store.read(tmp_path / "ips.db")
    counts = {kind: Counter(ipv6.of_kind(domain, kind) for domain in dataset.domains(store)) for kind in NAMES}

    assert {kind: (of["yes"], of["no"], of["unknown"]) for kind, of in counts.items()} == queries.count(store)
    assert 0 < min(min(of) for of in queries.count(store).values())
    store.close()


@pytest.fixture(scope="module")
def truth(finished):
    """Domains with IPv6, known and unknown ones by kind of host, computed from the simulated Internet."""
    states = {kind: TrueFigures(finished).states(kind) for kind in NAMES}
    assert all(min(of) > 0 for kind, of in states.items() if kind != "NTP")
    return {kind: (yes, yes + no, unknown) for kind, (yes, no, unknown) in states.items()}


@pytest.mark.crawl
async def test_all_outputs_have_the_same_figures(finished, truth, tmp_path):
    """All outputs have the figures computed from the scenario."""
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    target = Target(output_dir=tmp_path, summary_url=url)
    publish(finished.store, target)
    report(finished.store, target)
    async with client.of(url) as web:
        site, api = html.fromstring((await web.get("/domains")).text), (await web.get("/api/v1/services")).json()

    assert truth == {kind: of_report(next(tmp_path.glob("report-*.html")), kind) for kind in NAMES}
    assert truth == {kind: of_site(site, kind) for kind in NAMES}
    assert truth == {kind: of_api(api["items"][0], kind.lower()) for kind in NAMES}
    assert truth == {kind: of_command(finished.path, kind) for kind in NAMES}
    shares = findings.find(finished.store).kinds
    assert truth == {kind: (shares[kind].part, shares[kind].known, shares[kind].unknown) for kind in NAMES}


def numbers(text):
    return tuple(int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d(?![\d.]* %)", text))


def of_report(path, kind):
    page = html.fromstring(path.read_text("utf-8"))
    (card,) = [element for element in page.xpath("//dt/..") if element.findtext("dt") == f"{NAMES[kind]} with IPv6"]
    return numbers(card.xpath("string(dd[last()])"))


def of_site(page, kind):
    (card,) = [element for element in page.find_class("card") if element.findtext("dt") == NAMES[kind]]
    return numbers(card.xpath("string(dd[@class='of'])"))


def of_api(item, kind):
    share = item[f"{kind}_with_ipv6"] / item[f"{kind}_known"]
    assert pytest.approx(share, abs=1e-6) == item[f"{kind}_ipv6_share"]
    return tuple(item[f"{kind}_{name}"] for name in ("with_ipv6", "known", "unknown"))


def of_command(path, kind):
    text = typed.run("summary", str(path)).stdout
    (line,) = re.findall(rf"domains with IPv6 on {kind} .*", text)
    counts = numbers(line.partition(kind)[2])
    return counts if len(counts) == 3 else (*counts, 0)


async def test_older_crawls_show_the_old_share_and_say_so(tmp_path, finished):
    """Older crawls show a lower bound, labelled as such, over all known domains; the API has no figure for them."""
    url = f"sqlite:///{tmp_path / 'matrix.db'}"
    publish(finished.store, Target(output_dir=tmp_path, summary_url=url))
    with client.database(url) as database, database.write() as connection:
        for kind in ("www", "mx", "ns", "ntp"):
            for state in ("known", "unknown"):
                connection.exec_driver_sql(f"UPDATE DomainPenetration SET {kind}_{state} = NULL")
    async with client.of(url) as web:
        page = html.fromstring((await web.get("/domains?group=date")).text)
        rows = (await web.get("/api/v1/services")).json()["items"]

    cards = {card.findtext("dt"): card.xpath("string(dd[@class='number'])") for card in page.find_class("card")}
    assert ["\u2265", "\u2265"] == [cards[name][0] for name in ("Web", "Mail")]
    assert "\u2265" not in cards["Any host"]
    assert [(None, None)] == [(row["www_known"], row["www_ipv6_share"]) for row in rows]
