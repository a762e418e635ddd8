"""The readiness of one domain, and its badge."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from tests.web import levels
from tests.web.summaries import DATES, readiness
from tests.web.v1.asking import ask


async def test_a_domain_has_reasons_with_advice(both):
    """The services of a domain have their verdicts; those that are not `yes` have reasons with advice."""
    answer = await ask(both, "/domains/north.example/readiness")
    mail = next(entry for entry in answer["services"] if entry["service"] == "mail")

    assert ("3", "5", "uni") == (answer["level"]["certain"], answer["level"]["possible"], answer["tag"])
    assert "3 to 5: mail could not be tested (port 25 is filtered here)" in answer["level"]["text"]
    assert [("mx.north.example", "port_25_filtered")] == [(entry["host"], entry["word"]) for entry in mail["reasons"]]
    assert all(entry["advice"] for service in answer["services"] for entry in service["reasons"])


@pytest.mark.parametrize("name", ["a_b.de", "A_B.DE."])
async def test_history_says_what_can_be_compared(both, name):
    """Each crawl of the list is part of the history, which says whether it can be compared with the last one."""
    history = (await ask(both, f"/domains/{name}/readiness"))["history"]

    assert [(str(DATES[0]), False), (str(DATES[1]), True), (str(DATES[2]), True)] == [
        (entry["date"], entry["comparable"]) for entry in history
    ]


async def test_levels_are_those_of_the_summary(both):
    """Levels and verdicts of each domain are those of its row."""
    for row in readiness(DATES[-1], "")[:39]:
        answer = await ask(both, f"/domains/{row.domain}/readiness")
        verdicts = {verdict["service"]: verdict["value"] for verdict in answer["services"]}

        assert {name: getattr(row, name) for name in verdicts} == verdicts
        assert (row.certain, row.possible) == tuple(
            6 if answer["level"][name] == "5+" else int(answer["level"][name]) for name in ("certain", "possible")
        )


@pytest.mark.parametrize(
    "path", ["/once.com/readiness", "/a_b.de/readiness?tag=uni", "/x/readiness", "/nowhere.example/readiness/badge.svg"]
)
async def test_what_was_not_tested_is_not_found(web, path):
    """A domain that no crawl of the list has tested is not found."""
    assert 404 == (await web.get(f"/api/v1/domains{path}")).status_code


@pytest.mark.parametrize(("name", "words"), [("a_b.de", "5"), ("north.example", "3 to 5"), ("west.example", "5+")])
async def test_a_badge_has_level_and_date(web, name, words):
    """The badge states level and date; its text alternative names the domain as well."""
    answer = await web.get(f"/api/v1/domains/{name}/readiness/badge.svg")
    picture = ET.fromstring(answer.text)
    texts = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]

    assert (200, "image/svg+xml") == (answer.status_code, answer.headers["content-type"])
    assert ["IPv6 level", f"{words} \u00b7 {DATES[-1]}"] == texts
    assert f"{name}: IPv6 readiness, level {words} of 5+ ({DATES[-1]})" == picture.get("aria-label")


async def test_an_answer_of_a_list_of_ones_own(web):
    """A tag selects the list; without one it is the main list, or else the one that tested the domain."""
    answers = [await ask(web, f"/domains/north.example/readiness{query}") for query in ("", f"?tag={levels.TAG}")]

    assert answers[0] == answers[1]
