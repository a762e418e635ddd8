"""Names over IPv6 alone, with real resolvers that have no IPv4 and start at the simulated root."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from ipv6matrix.health.resolver6 import SERVED_OVER_IPV4
from ipv6matrix.items import Failure, LookupObservation, Resolvability, Status
from ipv6matrix.probes.dns import Resolver
from ipv6matrix.probes.resolvability import resolvability
from simnet.internet import Internet
from tests.recursor import RESOLVER6, recursor_without_ipv4, unbound_without_ipv4

pytestmark = pytest.mark.crawl

RESOLVABLE = (
    ("open.example", "SOA"),
    ("www.ipv4-only.example", "AAAA"),
    ("nxdomain.example", "SOA"),
    ("ns-ipv6-only.example", "SOA"),
    ("dns6-slow.example", "SOA"),
    ("dns6-stale.example", "SOA"),
    # The alias is found, and so is the absence of its target.
    ("www.cname-dangling.example", "AAAA"),
)
# With the status of the lookup of the name above.
BROKEN = (
    ("ns-single.example", "SOA", Status.OK),
    ("served-over-ipv4.example", "SOA", Status.OK),
    ("mail.served-over-ipv4.example", "AAAA", Failure.SERVFAIL),
    ("below.served-over-ipv4.example", "SOA", Failure.SERVFAIL),
    ("www.cname-to-ipv4.example", "AAAA", Status.OK),
    ("glue-without-ipv6.example", "SOA", Status.OK),
    ("dns6-lame.example", "SOA", Status.OK),
    ("dns6-refuses.example", "SOA", Status.OK),
    ("dns6-silent.example", "SOA", Status.OK),
    ("dns6-closed.example", "SOA", Status.OK),
    # The preflight check relies on these.
    *zip(SERVED_OVER_IPV4, ("SOA", "SOA"), (Failure.SERVFAIL, Status.OK), strict=True),
)
UNKNOWN = (("servfail.example", "SOA"), ("dns-silent.example", "SOA"))


@pytest.fixture(scope="module", params=[recursor_without_ipv4, unbound_without_ipv4], ids=["powerdns", "unbound"])
def resolver6(request, internet: Internet, tmp_path_factory) -> Iterator[None]:
    internet.forget()
    with request.param(tmp_path_factory.mktemp("resolver6")):
        yield


@pytest.fixture
async def look(internet, resolver6):
    """Return the probe for both resolvers, without its pause: failures are not kept for long enough to matter."""
    only6 = Resolver([RESOLVER6], timeout_s=5.0, lifetime_s=6.0)
    ordinary = Resolver([(internet.resolver4, 53)], timeout_s=1.0, lifetime_s=2.0)
    yield partial(resolvability, only6.lookup, ordinary.lookup, pause_s=0.0)
    await only6.close()
    await ordinary.close()


@pytest.mark.parametrize(("name", "rdtype"), RESOLVABLE)
async def test_a_name_resolves_over_ipv6_alone(look, name, rdtype):
    """Answers, absences and slow servers count as resolvable."""
    observation = await look(name, rdtype)

    assert (Resolvability.RESOLVABLE, None) == (observation.answer, observation.parent)


@pytest.mark.parametrize(("name", "rdtype", "parent"), BROKEN)
async def test_a_name_does_not_resolve_over_ipv6_alone(look, name, rdtype, parent):
    """Name servers, glue, a parent zone or the target of an alias without IPv6 are broken."""
    observation = await look(name, rdtype)

    assert Resolvability.BROKEN == observation.answer
    assert isinstance(observation.status, Failure)
    assert (parent in set(Status)) is (observation.parent in set(Status))


@pytest.mark.parametrize(("name", "rdtype"), UNKNOWN)
async def test_a_name_that_fails_everywhere_is_unknown(look, name, rdtype):
    """A failure over both families says nothing about IPv6."""
    observation = await look(name, rdtype)

    assert (Resolvability.UNKNOWN, None) == (observation.answer, observation.parent)


async def test_a_temporary_failure_is_not_broken():
    """A second lookup that succeeds is the answer, with the time of the first."""
    asked = []

    async def lookup6(name: str, rdtype: str) -> LookupObservation:
        asked.append(name)
        status = Failure.TIMEOUT if len(asked) == 1 else Status.NODATA
        return LookupObservation(name=name, type=rdtype, status=status, asked_at=float(len(asked)))

    observation = await resolvability(lookup6, lookup6, "www.open.example", "AAAA", pause_s=0.0)

    assert (Resolvability.RESOLVABLE, 2, 1.0) == (observation.answer, len(asked), observation.asked_at)


@pytest.mark.parametrize("silence", [Failure.TIMEOUT, Failure.CONNECTION_REFUSED, Failure.NETWORK_UNREACHABLE])
async def test_a_resolver_that_does_not_reply_proves_nothing(silence):
    """The resolver may be overloaded or away; the ordinary one is not asked."""
    asked = []

    async def lookup(status: Failure | Status, name: str, rdtype: str) -> LookupObservation:
        asked.append(status)
        return LookupObservation(name=name, type=rdtype, status=status, asked_at=0.0)

    observation = await resolvability(
        partial(lookup, silence), partial(lookup, Status.OK), "open.example", "SOA", pause_s=0.0
    )

    assert (Resolvability.UNKNOWN, silence, [silence] * 2) == (observation.answer, observation.status, asked)


async def test_a_failure_that_ends_is_not_broken():
    """The ordinary lookup comes after both failures; if it fails as well, nothing is known."""
    asked = []

    async def lookup(where: str, name: str, rdtype: str) -> LookupObservation:
        asked.append(where)
        return LookupObservation(name=name, type=rdtype, status=Failure.SERVFAIL, asked_at=0.0)

    observation = await resolvability(
        partial(lookup, "ipv6"), partial(lookup, "ordinary"), "open.example", "SOA", pause_s=0.0
    )

    assert (Resolvability.UNKNOWN, ["ipv6", "ipv6", "ordinary"]) == (observation.answer, asked)
