from __future__ import annotations

import pytest

from ipv6matrix.handlers.tcp import TcpDownloadHandler, hello_name
from ipv6matrix.items import Starttls
from tests import urls
from tests.handlers.suite import HandlerSuite, failure_word

BLOCKS = {"open": "open", "silent": "filtered", "refusing": "all_closed", "unreachable": "host_unreachable"}


class TestTcp(HandlerSuite):
    handler = TcpDownloadHandler

    def url(self, internet, behaviour, n=0):
        address = internet.address(BLOCKS[behaviour], 4 if n % 4 < 2 else 6, n)
        return urls.tcp(address, (25, 80, 443), starttls=True)

    def word(self, observation):
        (word,) = {"answered" if port.open else failure_word(port.failure) for port in observation.ports}
        return word

    async def test_starttls_is_used_only_on_request(self, internet, ready):
        """Without starttls in the URL a mail session does not try STARTTLS."""
        address = internet.address("smtp_starttls", 6, 9)

        asked = (await self.ask(ready, urls.tcp(address, (25,), starttls=True))).observation
        spared = (await self.ask(ready, urls.tcp(address, (25,), starttls=False))).observation

        assert Starttls.ACCEPTED is asked.smtp.starttls
        assert None is spared.smtp.starttls
        assert 220 == spared.smtp.greeting_code


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("crawl@measure.example.org", "measure.example.org"),
        ("https://measure.example.org/about?x=1", "measure.example.org"),
        ("Measure.Example.ORG", "measure.example.org"),
        ("", "crawler.invalid"),
        ("ring me", "crawler.invalid"),
    ],
)
def test_ehlo_names_the_contact(contact, expected):
    """EHLO has the domain of the contact's e-mail or web address; without one, a reserved name."""
    assert expected == hello_name(contact)
