"""The domains with which the spider starts."""

from __future__ import annotations

import pytest

from ipv6matrix import context, urls
from ipv6matrix.exceptions import ListError
from tests.crawlers import count, crawler
from tests.samples import domain_url
from tests.spiders.parsing import ALL


async def started(made):
    return [request.url async for request in made.start()]


async def test_each_domain_of_the_list_is_one_request(tmp_path):
    """NS, MX and SOA of a domain are looked up together; invalid lines are counted by reason."""
    (tmp_path / "list").write_text("A.example\nno domain\nb.example\n" + "x" * 64 + ".example\n")
    made = crawler(tmp_path, domains=str(tmp_path / "list"), METRICS=ALL)

    assert [domain_url("a.example"), domain_url("b.example")] == await started(made.spider)
    assert 1 == count(made, "list/refused/invalid_name")
    assert 1 == count(made, "list/refused/name_too_long")


async def test_invalid_rows_are_counted_and_some_are_logged(tmp_path, caplog):
    """At most ten invalid rows are quoted; at the end of the list their number is logged."""
    (tmp_path / "list").write_text("a.example\n" + "no domain\n" * 1234)
    made = crawler(tmp_path, domains=str(tmp_path / "list"))

    assert 1 == len(await started(made.spider))
    assert 1234 == count(made, "list/refused/invalid_name")
    assert 10 == caplog.text.count("Not a domain (invalid_name): 'no domain'")
    assert "The list has 1,235 rows: 1 are domains, 1,234 are not" in caplog.text


@pytest.mark.parametrize(
    ("features", "metrics", "query"),
    [
        ("NS,MX", "ping", "type=NS&type=MX"),
        ("NS", "soa", "type=NS&type=SOA"),
        ("WWW", "soa", "type=SOA"),
        ("", "", "type=SOA"),
    ],
)
async def test_features_determine_the_lookups_of_a_domain(tmp_path, features, metrics, query):
    """Without NS and MX an SOA shows whether the domain exists."""
    (tmp_path / "list").write_text("a.example\n")
    made = crawler(tmp_path, domains=str(tmp_path / "list"), FEATURES=features, METRICS=metrics)

    assert [f"dns://resolver/a.example?{query}"] == await started(made.spider)


async def test_a_supplemental_list_follows(tmp_path):
    """The argument supplemental names a further list, which is read after the first."""
    (tmp_path / "list").write_text("a.example\n")
    (tmp_path / "more").write_text("b.example\n")
    made = crawler(tmp_path, domains=str(tmp_path / "list"))
    context.of(made).lists.supplemental = str(tmp_path / "more")

    assert [tmp_path / "list", tmp_path / "more"] == list(context.of(made).lists.files())
    assert ["a.example", "b.example"] == [urls.parse(url).subject for url in await started(made.spider)]


def test_a_missing_list_is_reported(tmp_path):
    """The error of the spider names the missing file."""
    with pytest.raises(ListError, match="LIST_NOT_READABLE"):
        context.of(crawler(tmp_path, domains=str(tmp_path / "missing"))).lists.files()
