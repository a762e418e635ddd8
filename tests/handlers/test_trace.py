from __future__ import annotations

from ipv6matrix.handlers.trace import TraceDownloadHandler
from ipv6matrix.items import Stop
from tests import urls
from tests.handlers.suite import HandlerSuite, failure_word

BLOCKS = {"open": "open", "silent": "silent", "refusing": "all_closed", "unreachable": "host_unreachable"}
WORDS = {Stop.REACHED: "answered", Stop.GAP_LIMIT: "silent", Stop.UNREACHABLE: "unreachable"}


class TestTrace(HandlerSuite):
    handler = TraceDownloadHandler
    # A host with closed ports still answers Echo Requests.
    words = HandlerSuite.words | {"refusing": "answered"}

    def url(self, internet, behaviour, n=0):
        return urls.trace(internet.address(BLOCKS[behaviour], 4 if n % 4 < 2 else 6, n))

    def word(self, observation):
        return failure_word(observation.failure) if observation.failure else WORDS[observation.stop]
