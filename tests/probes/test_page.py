"""Titles, sketches and hosts of pages."""

from __future__ import annotations

import time

import pytest

from ipv6matrix.probes.page import MAX_HOSTS, is_html, read_page, sketch

URL = "https://www.a.example/"


def read(body, policy="", content_type="text/html; charset=utf-8", compared_bytes=65536):
    """Return the contents of a page of www.a.example."""
    return read_page(body.encode(), URL, content_type, policy, compared_bytes=compared_bytes)


@pytest.mark.parametrize(
    "html",
    [
        '<script src="https://x.example/a.js">',
        '<link rel=stylesheet href="//x.example/a.css">',
        '<link rel="preload alternate" href="https://X.example:8443/a">',
        '<link rel=preconnect href="https://x.example">',
        '<img src=" https://x.example/a.png ">',
        '<img srcset="/a.png 1x, https://x.example/b.png 2x">',
        '<picture><source srcset="https://x.example/a.webp"></picture>',
        '<iframe src="http://x.example/">',
        '<video poster="https://x.example/a.jpg">',
        '<base href="https://x.example/"><script src="a.js">',
    ],
)
def test_what_is_loaded_has_a_host(html):
    """Scripts, style sheets, images, frames, media and hints name a host."""
    assert ("x.example",) == read(f"<html><body>{html}").hosts


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://x.example/">',
        '<link rel=canonical href="https://x.example/">',
        '<img src="data:image/png;base64,AAAA">',
        '<script src="/a.js">',
        '<script src="https://www.a.example/a.js">',
        '<script src="https://[broken/a.js">',
        '<img srcset=" , ">',
        "<script>load('https://x.example/')</script>",
        '<!-- <script src="https://x.example/a.js"> -->',
    ],
)
def test_what_is_not_loaded_has_none(html):
    """Links, data, the page's own host, comments, and what only JavaScript would load are left out."""
    assert () == read(f"<html><body>{html}").hosts


def test_hosts_of_the_policy_come_last():
    """Sources of a Content Security Policy count, but not its other directives and patterns."""
    policy = (
        "default-src 'self' https: *.y.example; img-src https://b.example:443/x c.example;"
        " report-uri https://d.example/; frame-ancestors e.example, font-src f.example"
    )

    page = read('<script src="https://a.example/">', policy)

    assert ("a.example", "b.example", "c.example", "f.example") == page.hosts


def test_the_number_of_hosts_is_limited():
    """A page cannot cause any number of lookups."""
    html = "".join(f'<img src="https://h{number}.example/">' for number in range(1000))

    assert MAX_HOSTS == len(read(html).hosts)


def test_a_title_is_text_of_one_line():
    """Entities are decoded, line ends and unsafe characters are not passed on."""
    assert "A & \ufffdB" == read("<title>\n A  &amp;\n \u202eB</title><svg><title>C</title></svg>").title


def test_the_character_set_is_that_of_the_response():
    """The media type comes before what the page says."""
    body = '<meta charset="utf-8"><title>caf\u00e9</title>'.encode("latin-1")

    page = read_page(body, URL, "text/html; charset=iso-8859-1", compared_bytes=65536)

    assert "caf\u00e9" == page.title


def test_what_changes_with_each_request_is_not_sketched():
    """Dates, counters, nonces and scripts do not make pages differ, words do."""
    first = read("<p>Hello world, seen 1234 times</p><p>2026-01-01 " + "ab" * 20 + "</p><script>a = 1</script>")
    second = read("<p>Hello world, seen 1235 times</p><p>2026-01-02 " + "cd" * 20 + "</p><script>a = 2</script>")
    third = read("<p>Hello there, seen 1234 times</p>")

    assert first.sketch == second.sketch != third.sketch
    assert 4 * len({"hello", "world", "seen", "times"}) == len(first.sketch)


def test_a_sketch_estimates_similarity():
    """Of two pages with 2,000 words each, 10 % of which differ, about 82 % of all words are in both."""
    words = [
        f"{'abcdefghij'[n // 1000]}{'abcdefghij'[n // 100 % 10]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n % 10]}"
        for n in range(2200)
    ]
    first, second = sketch(words[:2000]), sketch(words[200:])
    parts = [{part[at : at + 4] for at in range(0, len(part), 4)} for part in (first, second)]
    smallest = sorted(parts[0] | parts[1])[:128]

    assert 0.72 < sum(part in parts[0] and part in parts[1] for part in smallest) / 128 < 0.92


def test_only_the_compared_part_is_sketched():
    """Hosts may come from beyond it."""
    filler = "<p>" + "word " * 20_000 + "</p>"

    page = read(f'<title>T</title>{filler}<p>beyond</p><script src="https://x.example/">')

    assert ("T", ("x.example",)) == (page.title, page.hosts)
    assert sketch(["t", "word", "wor", "wo", "w"]).find(sketch(["beyond"])) < 0
    assert sketch(["beyond"]) not in page.sketch


@pytest.mark.parametrize("body", [b"", b"\0\0\0", b"\xff\xfe\x00", b"<" * 200_000, b"<p>" * 80_000, b"<a b" * 60_000])
def test_hostile_octets_are_read_quickly(body):
    """Whatever a body contains, it neither raises nor takes long."""
    began = time.process_time()

    assert () == read_page(body, URL, "text/html", "; ;;,' *-src -src", compared_bytes=65536).hosts
    assert time.process_time() - began < 2


def test_media_types_of_html():
    """A body without a media type is HTML, images and text are not."""
    assert [True, True, True, False, False] == [
        is_html(media_type)
        for media_type in ("", "Text/HTML;charset=x", "application/xhtml+xml", "text/plain", "image/png")
    ]
