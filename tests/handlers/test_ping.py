from __future__ import annotations

from ipv6matrix.handlers.ping import PingDownloadHandler
from tests import urls
from tests.handlers.suite import HandlerSuite, failure_word

BLOCKS = {"open": "open", "silent": "silent", "refusing": "all_closed", "unreachable": "host_unreachable"}


class TestPing(HandlerSuite):
    handler = PingDownloadHandler
    # Closed ports do not matter to ping, and an address that a router reports as unreachable sends no reply.
    words = HandlerSuite.words | {"refusing": "answered", "unreachable": "silent"}

    def url(self, internet, behaviour, n=0):
        return urls.ping(internet.address(BLOCKS[behaviour], 4 if n % 4 < 2 else 6, n))

    def word(self, observation):
        if observation.failure:
            return failure_word(observation.failure)
        assert 2 == observation.sent
        return "answered" if len(observation.rtts_ms) == observation.sent else "silent"
