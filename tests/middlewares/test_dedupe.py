"""A host that records name is looked up once; guesses are always looked up."""

from __future__ import annotations

from ipv6matrix.items import HostsObservation
from ipv6matrix.middlewares.dedupe import DedupeMiddleware
from ipv6matrix.signals import request_returned
from tests import urls
from tests.crawlers import opened, store, stored
from tests.samples import domain_item, domain_url, host, hosts_item

GUESSES = urls.guesses("a.example", ("www", "ntp"))


def names(once, url, **meta):
    """Return the names that remain in the request; None if it was answered immediately."""
    request = urls.request(url)
    request.meta.update(meta)
    response = once.process_request(request)
    if response is not None:
        assert HostsObservation(hosts=()) == response.observation
        return None
    return request.meta.get("names", "untouched")


async def test_new_hosts_are_requested(tmp_path):
    """If no host is known, all names of the request remain."""
    with opened(tmp_path) as crawler:
        assert ("www.a.example", "ntp.a.example") == names(DedupeMiddleware.from_crawler(crawler), GUESSES)


async def test_a_host_in_flight_is_not_requested_again(tmp_path):
    """A request whose host is in flight, also as a guess, is answered without hosts."""
    with opened(tmp_path) as crawler:
        once = DedupeMiddleware.from_crawler(crawler)

        assert ("mx.a.example",) == names(once, urls.host("mx.a.example"))
        assert names(once, urls.host("mx.a.example")) is None
        assert ("www.a.example", "ntp.a.example") == names(once, GUESSES)
        assert names(once, urls.host("ntp.a.example")) is None


async def test_a_stored_host_is_not_requested_again(tmp_path):
    """A host in the database is left out, also after a resume."""
    with opened(tmp_path) as crawler:
        store(crawler).complete(hosts_item(host("www.a.example", "192.0.2.1")))
    with opened(tmp_path) as crawler:
        assert names(DedupeMiddleware.from_crawler(crawler), urls.host("www.a.example")) is None


async def test_guesses_are_looked_up_in_any_order(tmp_path):
    """Hosts that are stored or in flight in another role are looked up again as guesses, which leads to more probes."""
    with opened(tmp_path) as crawler:
        store(crawler).complete(hosts_item(host("www.a.example", "192.0.2.1")))
        once = DedupeMiddleware.from_crawler(crawler)
        names(once, urls.host("ntp.a.example"))

        assert ("www.a.example", "ntp.a.example") == names(once, GUESSES)


async def test_a_host_that_was_only_named_is_requested(tmp_path):
    """A host that is in the database only as a role of a domain, without lookups, is still requested."""
    with opened(tmp_path) as crawler:
        store(crawler).complete(domain_item("b.example"))
        store(crawler).query("INSERT INTO hosts (name) VALUES ('www.a.example')")

        assert ("www.a.example",) == names(DedupeMiddleware.from_crawler(crawler), urls.host("www.a.example"))


async def test_names_are_forgotten_when_they_are_stored(tmp_path):
    """The set of names in flight does not grow with the crawl."""
    with opened(tmp_path) as crawler:
        once = DedupeMiddleware.from_crawler(crawler)
        names(once, GUESSES)
        item = hosts_item(host("www.a.example"), host("ntp.a.example"))
        for scraped in (domain_item("a.example"), item):
            stored(crawler, scraped)

        assert set() == once._being_asked


async def test_hosts_that_opted_out_are_left_out(tmp_path):
    """Names that the opt-out middleware found are not requested."""
    with opened(tmp_path) as crawler:
        once = DedupeMiddleware.from_crawler(crawler)

        assert ("ntp.a.example",) == names(once, GUESSES, opted_out=("www.a.example",))
        assert names(once, urls.guesses("b.example", ("www",)), opted_out=("www.b.example",)) is None


async def test_other_requests_pass(tmp_path):
    """Only requests for hosts are examined."""
    with opened(tmp_path) as crawler:
        once = DedupeMiddleware.from_crawler(crawler)

        for url in (domain_url("a.example"), urls.reverse("192.0.2.1"), urls.ping("192.0.2.1")):
            assert "untouched" == names(once, url) == names(once, url)


async def test_the_retry_pass_repeats_known_hosts(tmp_path):
    """A request of the retry pass keeps known names, except those that opted out."""
    with opened(tmp_path) as crawler:
        once = DedupeMiddleware.from_crawler(crawler)
        known = urls.host("www.a.example")
        store(crawler).complete(hosts_item(host("www.a.example"), host("ntp.a.example")))

        assert names(once, known) is None
        assert ("www.a.example",) == names(once, urls.again(known))
        assert ("ntp.a.example",) == names(once, urls.again(GUESSES), opted_out=("www.a.example",))


async def test_a_returned_request_keeps_its_names(tmp_path):
    """Its hosts are no longer in flight, so that they are requested next time."""
    with opened(tmp_path) as crawler:
        once = DedupeMiddleware.from_crawler(crawler)
        request = urls.request(urls.host("www.a.example"))
        once.process_request(request)

        crawler.signals.send_catch_log(request_returned, request=request)

        assert ("www.a.example",) == names(once, urls.host("www.a.example"))
