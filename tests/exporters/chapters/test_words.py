"""Chapters about the outcomes of measurements."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace

import pytest

from ipv6matrix.exporters import report
from ipv6matrix.exporters.chapters import words
from ipv6matrix.exporters.findings import find
from ipv6matrix.store import tables
from ipv6matrix.store.queries.outcomes import Words
from ipv6matrix.store.tables.base import Tables
from tests.exporters import made
from tests.samples import domain_item, host, hosts_item, ntp_item, tls_item


def chapter(counts, title="Time servers"):
    (only,) = words.chapters(SimpleNamespace(words=[Words(title=title, counts=counts)]))
    return only


def test_each_word_has_its_share_of_its_family():
    """Both families have their own wholes; the most frequent word comes first."""
    words_chapter = chapter({4: Counter(answers=30, timeout=10), 6: Counter(answers=1, bad_reply=3)})

    assert [
        ("IPv4: answers", "30", "40", "75.0 %"),
        ("IPv4: timeout", "10", "40", "25.0 %"),
        ("IPv6: bad reply", "3", "4", "75.0 %"),
        ("IPv6: answers", "1", "4", "25.0 %"),
    ] == words_chapter.rows
    assert ("time_servers", True) == (words_chapter.name, "<svg" in words_chapter.svg)
    assert "40 over IPv4 and 4 over IPv6" in words_chapter.explanation


def test_rare_words_are_added_up():
    """No chart has more than nine bars of a family; no number is lost."""
    words_chapter = chapter({None: Counter({f"word{number}": 20 - number for number in range(12)})})

    assert 9 == len(words_chapter.rows)
    assert ("others", "42", "174", "24.1 %") == words_chapter.rows[-1]


def test_measurements_without_results_have_no_chapter(tmp_path):
    """A crawl shows what it measured."""
    items = domain_item("a.example"), hosts_item(host("www.a.example", "192.0.2.1", "2001:db8::1"))
    store = made.crawl(
        tmp_path / "ips.db",
        *items,
        ntp_item("192.0.2.1", "answers"),
        ntp_item("2001:db8::1", "timeout"),
        tls_item("www.a.example", "2001:db8::1", "expired"),
    )

    counts = {words.title: words.counts for words in find(store).words}

    assert {
        "Time servers": {4: {"answers": 1}, 6: {"timeout": 1}},
        "TLS handshakes": {6: {"expired": 1}},
    } == counts


def test_a_new_measurement_has_a_chapter(tmp_path, monkeypatch):
    """A table of another project that names its outcomes is in the report without further changes."""
    knocks = Tables(create=(), outcomes={"Knocks": "SELECT 4, 'open' UNION ALL SELECT NULL, 'closed'"})
    monkeypatch.setattr(tables, "REGISTRY", [*tables.REGISTRY, knocks])
    store = made.crawl(tmp_path / "ips.db", domain_item("a.example"))

    report.export(store, SimpleNamespace(output_dir=tmp_path))

    assert (tmp_path / f"report-{made.RUN}" / "knocks.svg").exists()
    assert 'id="knocks"' in (tmp_path / f"report-{made.RUN}.html").read_text("utf-8")


@pytest.mark.parametrize("fact_tables", [fact_tables for fact_tables in tables.REGISTRY if fact_tables.outcomes])
def test_titles_are_names_of_files(fact_tables):
    """No two chapters write the same file."""
    titles = [title for fact_tables in tables.REGISTRY for title in fact_tables.outcomes]
    names = {chapter({None: Counter(x=1)}, title).name for title in titles}

    assert len(titles) == len(names)
    assert all(name.isidentifier() for name in names)
