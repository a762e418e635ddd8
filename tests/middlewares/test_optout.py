"""Domains and networks that opted out are not probed."""

from __future__ import annotations

import time

import pytest

from ipv6matrix.items import Exclusion
from ipv6matrix.middlewares.optout import OptOutMiddleware
from ipv6matrix.targets.optouts import OptedOutError
from tests import urls
from tests.crawlers import count, crawler
from tests.samples import domain_url

ENTRIES = """\
example.com
www.partly.example
198.51.100.0/24
2001:db8:1::/48
"""


def middleware(folder):
    (folder / "optout").write_text(ENTRIES)
    made = crawler(folder, OPTOUT_FILE=str(folder / "optout"))
    return made, OptOutMiddleware.from_crawler(made)


@pytest.mark.parametrize(
    "url",
    [
        domain_url("example.com"),
        urls.guesses("example.com", ("www",)),
        urls.host("mail.example.com"),
        urls.reverse("198.51.100.9"),
        urls.ping("198.51.100.9"),
        urls.ping("2001:db8:1::9"),
        urls.tcp("198.51.100.9", (25,), starttls=True),
        urls.trace("2001:db8:1::9"),
        urls.ping("2002:c633:6409::1"),
        "dns://198.51.100.9/example.net?type=NS",
        "dns://[2001:db8:1::9]:5353/example.net?type=NS",
    ],
)
def test_a_request_about_an_opted_out_subject_is_excluded(tmp_path, url):
    """Every kind of request is excluded, counted and given a time stamp."""
    made, opt_out = middleware(tmp_path)
    request = urls.request(url)
    before = time.time()
    response = opt_out.process_request(request)

    assert Exclusion(reason="opted_out") == response.observation
    assert request is response.request
    assert 1 == count(made, "refused/opted_out")
    assert before <= request.meta["refused_at"] <= time.time()


@pytest.mark.parametrize(
    "url",
    [
        domain_url("example.net"),
        urls.host("mail.example.net"),
        urls.reverse("192.0.2.9"),
        urls.ping("2001:db8::9"),
    ],
)
def test_other_requests_pass(tmp_path, url):
    """Subjects that are not in the file are requested."""
    made, opt_out = middleware(tmp_path)

    assert opt_out.process_request(urls.request(url)) is None
    assert 0 == count(made, "refused/opted_out")


def test_a_guessed_host_may_opt_out_separately(tmp_path):
    """Guessed hosts that opted out are recorded without a lookup."""
    _, opt_out = middleware(tmp_path)
    request = urls.request(urls.guesses("partly.example", ("www", "ntp")))

    assert opt_out.process_request(request) is None
    assert ("www.partly.example",) == request.meta["opted_out"]


def test_an_opt_out_during_a_request_excludes_it(tmp_path):
    """
    A probe that an opt-out ended is answered like one that never began; other exceptions are left to other components.
    """
    made, opt_out = middleware(tmp_path)
    request = urls.request(urls.ping("192.0.2.9"))

    assert Exclusion(reason="opted_out") == opt_out.process_exception(request, OptedOutError()).observation
    assert 1 == count(made, "refused/opted_out")
    assert "refused_at" in request.meta
    assert opt_out.process_exception(request, ValueError()) is None


def test_without_a_file_nothing_is_excluded(tmp_path):
    """An empty setting excludes nothing."""
    opt_out = OptOutMiddleware.from_crawler(crawler(tmp_path, OPTOUT_FILE=""))

    assert opt_out.process_request(urls.request(domain_url("example.com"))) is None


def test_requests_of_scrapy_pass(tmp_path):
    """A request of another scheme passes."""
    _, opt_out = middleware(tmp_path)
    request = urls.request("ping://198.51.100.9")
    request.meta["download_slot"] = "lists.example.com"

    assert opt_out.process_request(request) is None
