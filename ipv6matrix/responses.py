"""
A Response that carries an observation.
"""

from __future__ import annotations

from scrapy import Request
from scrapy.http import Response

from ipv6matrix.items import Observation


class ObservationResponse(Response):
    """
    The response to a request of one of the project's schemes.

    Silence and exclusions are responses too. The status is always 200, because
    Scrapy retries or drops others; the observation has the details.
    """

    __slots__ = ("observation",)
    attributes = (*Response.attributes, "observation")

    def __init__(self, request: Request, observation: Observation) -> None:
        super().__init__(request.url, request=request)
        self.observation = observation
