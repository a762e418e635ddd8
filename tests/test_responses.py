"""A Response that carries an observation."""

from __future__ import annotations

from ipv6matrix.items import Exclusion
from ipv6matrix.responses import ObservationResponse
from tests import urls


def test_every_answer_has_status_200():
    """An exclusion is an answer too: Scrapy neither retries nor drops it."""
    request = urls.request(urls.ping("2001:db8::1"))
    response = ObservationResponse(request, Exclusion(reason="loopback"))

    assert 200 == response.status
    assert "ping://[2001:db8::1]" == response.url
    assert request is response.request
    assert Exclusion(reason="loopback") == response.observation


def test_the_observation_is_an_attribute_for_scrapy():
    """Scrapy's own list of attributes names the observation."""
    assert "observation" in ObservationResponse.attributes
