"""The report: a self-contained page, with figures that match the truth."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from hashlib import sha256
from html.parser import HTMLParser

import pytest
from parsel import Selector

from ipv6matrix.exceptions import ExportError, ReadStoppedError
from ipv6matrix.exporters import report
from ipv6matrix.exporters.registry import Target
from ipv6matrix.items import Role
from ipv6matrix.store.database import Store
from tests import opened
from tests.exporters import made
from tests.finished import Finished
from tests.samples import domain_item, host, hosts_item, lookup, ping_item
from tools import made_up

HOSTILE = "<script>alert(1)</script>"
# HTML elements without an end tag (HTML, section 13.1.2).
VOID = ("meta", "br", "hr", "img", "link", "input")
# Attributes that make a browser fetch something.
FETCHING = ("src", "srcset", "poster", "data", "action", "formaction", "background", "xlink:href", "ping")


class Page(HTMLParser):
    """A strict parser of a page: elements must be closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        assert [] == self.open

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in FETCHING or (name == "href" and tag != "a") or (name == "style" and "url" in value):
                self.fetched.append(value)
            elif name == "href":
                self.links.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def target(folder):
    return Target(output_dir=folder, summary_url="")


def written(folder, *items, **more):
    """Crawl, write the report, and return the page."""
    report.export(made.crawl(folder / "ips.db", *items, **more), target(folder))
    return (folder / f"report-{made.RUN}.html").read_text("utf-8")


@pytest.fixture(scope="module")
def folder(finished: Finished, tmp_path_factory: pytest.TempPathFactory):
    place = tmp_path_factory.mktemp("report")
    message = report.export(finished.store, target(place))
    (path,) = place.glob("*.html")
    assert f"{path} (22 charts)" == message
    return place


@pytest.fixture(scope="module")
def text(folder):
    (path,) = folder.glob("report-*.html")
    return path.read_text("utf-8")


def table(text, chapter):
    """Return the numbers below a chart."""
    rows = Selector(text).css(f"section#{chapter} tbody tr")
    return [row.css("td::text").getall() for row in rows]


def explanation(text, chapter):
    return Selector(text).css(f"section#{chapter} > p::text").get()


def test_the_page_is_well_formed(text):
    """Elements are closed in order."""
    assert Page(text).links


def test_the_page_fetches_nothing(text):
    """No element makes a browser fetch anything, and the policy of the page would forbid it."""
    styles = "".join(Selector(text).css("style::text").getall())

    assert [] == Page(text).fetched
    assert not re.search(r"url\(|@import|image-set", styles)
    assert "default-src 'none'" in Selector(text).css("meta[http-equiv]::attr(content)").get()


@pytest.mark.parametrize("fault", ['<img src="x.png">', '<link href="x.css">', '<p style="background: url(x)">a</p>'])
def test_a_page_that_fetches_something_is_found(text, fault):
    """A remote image, style sheet or background is reported."""
    assert 1 == len(Page(text.replace("<main>", f"<main>{fault}")).fetched)


def test_the_policy_allows_the_script(text):
    """The digest of the only script is in the policy (Content Security Policy 3, section 2.3.1)."""
    (script,) = Selector(text).css("script::text").getall()
    digest = b64encode(sha256(script.encode()).digest()).decode()

    assert f"script-src 'sha256-{digest}'" in Selector(text).css("meta[http-equiv]::attr(content)").get()


def test_links_lead_to_the_charts(folder, text):
    """Every link leads to a file in the folder of the page."""
    links = Page(text).links

    assert {str(path.relative_to(folder)) for path in folder.glob("report-*/*")} == set(links)


def test_every_chart_has_its_file(folder, text):
    """Each chart of the page exists as an SVG with a title, and no other."""
    names = [section.attrib["id"] for section in Selector(text).css("main section") if section.css("figure svg")]
    files = {path.name: Selector(path.read_text("utf-8"), type="xml") for path in folder.glob("report-*/*")}

    assert len(report.CHAPTERS) < len(names) == len({*names})
    assert {f"{name}.svg" for name in names} == {*files}
    assert all(file.xpath("/*/*[local-name()='title']") for file in files.values())


def test_figures_match_the_truth(finished: Finished, text):
    """The key figures are those that a crawl of the scenario should find."""
    expected = finished.expected
    cards = {card.css("dt::text").get(): card.css(".number::text").get() for card in Selector(text).css(".card")}
    families = Counter(truth.family for truth in expected.addresses.values())

    assert {
        "Domains": f"{len(expected.domains):,}",
        "Hosts": f"{len({name for name, *_ in expected.host_addresses}):,}",
        "IPv4 addresses": f"{families[4]:,}",
        "IPv6 addresses": f"{families[6]:,}",
    }.items() <= cards.items()


def test_shares_of_the_page_match_the_truth(finished: Finished, text):
    """The table below the first chart has the domains with an IPv6 web host."""
    six = {name for name, family, _, choice in finished.expected.host_addresses if family == 6 and choice}
    domains = {domain for kind, domain, name, _ in finished.expected.roles if kind == "WWW" and name in six}
    (row,) = (row for row in table(text, "penetration") if row[0] == "Web")

    assert str(len(domains)) == row[2]
    assert int(row[1]) == sum(map(int, row[2:5]))
    assert f"{100 * len(domains) / (int(row[2]) + int(row[3])):.1f} %" == row[5]


def test_the_method_is_documented(finished: Finished, text):
    """Vantage points, resolvers, list, version and settings are in a table; paths of files are not."""
    crawl = finished.store.crawl()
    methods = dict(
        zip(
            Selector(text).css(".methods th::text").getall(),
            Selector(text).css(".methods td::text").getall(),
            strict=True,
        )
    )

    assert (crawl["vantage4"], crawl["vantage6"], crawl["resolver"]) == (
        methods["IPv4 vantage point"],
        methods["IPv6 vantage point"],
        methods["Resolvers"],
    )
    assert f"ipv6matrix {crawl['version']}" == methods["Software"]
    assert str(json.loads(crawl["settings"])["PING_COUNT"]) == methods["PING_COUNT"]
    assert str(finished.path.parent) not in text


def test_untrusted_texts_are_escaped(tmp_path):
    """Names of places, organisations and lists cannot become markup."""
    place = {"country_code": HOSTILE, "as_organisation": HOSTILE, "tunnel_id": HOSTILE}
    text = written(
        tmp_path,
        domain_item("a.example", tld=HOSTILE, roles=(Role(kind="WWW", host="www.a.example", priority=0),)),
        hosts_item(host("www.a.example", "2001:db8::1"), places={"2001:db8::1": place}),
        list=f"/lists/{HOSTILE}",
        resolver=HOSTILE,
        settings={"CONTACT": HOSTILE},
    )

    assert 1 == len(Selector(text).css("script"))
    assert HOSTILE not in text
    assert HOSTILE in "".join(Selector(text).css("section#countries td::text").getall())
    assert 10 < text.count("&lt;script&gt;")


def test_an_empty_crawl_has_a_page(tmp_path):
    """Without a domain there is nothing to draw, and each chapter says so."""
    text = written(tmp_path)
    sections = Page(text) and Selector(text).css("main .pictures > section")

    assert len(report.CHAPTERS) == len(sections) == len(sections.css("p.nothing"))
    assert [] == Selector(text).css("figure svg").getall()
    assert "-" == Selector(text).css(".card .number::text").getall()[4]


def test_a_missing_metric_has_no_chart(tmp_path):
    """A crawl without ping and path explains it in the place of their charts; the others are there."""
    text = written(
        tmp_path,
        domain_item("a.example", roles=(Role(kind="WWW", host="www.a.example", priority=0),)),
        hosts_item(host("www.a.example", "192.0.2.1", "2001:db8::1")),
        settings={"METRICS": "tcp80,tcp443"},
    )

    for chapter in ("rtt_ratio", "rtts", "hops_difference", "hops", "paths"):
        assert "Not measured: the metric p" in explanation(text, chapter)
        assert [] == Selector(text).css(f"section#{chapter} svg").getall()
    assert ["Web", "1", "1", "0", "0", "100.0 %"] == table(text, "penetration")[0]


def test_unknown_is_not_zero(tmp_path):
    """If every lookup failed there is no percentage, and unknown values are counted."""
    text = written(
        tmp_path,
        domain_item("a.example", mx=lookup("a.example", "MX", status="servfail")),
        ping_item("192.0.2.1"),
    )

    assert [["Mail", "1", "0", "0", "1", "-"]] == table(text, "penetration")


def test_an_imported_crawl_has_a_warning(tmp_path):
    """If errors and absences were not distinguished, the page warns at its top; otherwise it does not."""
    warning = "older format that does not distinguish errors from absences"
    store = Store(tmp_path / "ips.db")
    store.complete(domain_item("a.example", mx=lookup("a.example", "MX", status="unrecorded")))
    store.close()

    assert warning in written(tmp_path)
    (tmp_path / "ips.db").unlink()
    assert warning not in written(tmp_path, domain_item("a.example"))


def test_a_second_report_is_identical(tmp_path):
    """No part of it depends on the time of writing."""
    store = made.crawl(tmp_path / "ips.db", domain_item("a.example"))
    pages = []
    for _ in range(2):
        report.export(store, target(tmp_path))
        pages.append((tmp_path / f"report-{made.RUN}.html").read_bytes())

    assert pages[0] == pages[1]


def test_an_impossible_folder_is_reported(tmp_path):
    """If OUTPUT_DIR is a file, the error names it and the fix."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(ExportError, match=r"'.*/out/report-.*\[OUTPUT_NOT_WRITABLE\]"):
        report.export(made.crawl(tmp_path / "ips.db"), target(tmp_path / "out"))


def test_a_stopped_report_leaves_nothing(tmp_path):
    """A report that is interrupted while counting writes no file."""
    made_up.make(tmp_path / "ips.db", 100)
    calls = iter(range(1_000_000))
    store = opened.read(tmp_path / "ips.db", lambda: next(calls) > 20)

    with pytest.raises(ReadStoppedError):
        report.export(store, target(tmp_path / "out"))

    assert not (tmp_path / "out").exists()
