from __future__ import annotations

import pytest

from ipv6matrix import urls
from ipv6matrix.handlers.tcp import TcpDownloadHandler, hello_name
from ipv6matrix.items import Starttls
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

    async def test_starttls_is_tried_only_when_asked(self, internet, ready):
        """
        Without starttls in the URL a mail server is greeted and left.
        """
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
def test_the_contact_names_who_says_ehlo(contact, expected):
    """
    EHLO says the domain of the contact's mail or web address; without one, a name that belongs to nobody.
    """
    assert expected == hello_name(contact)
