"""Checks of the resolvers: do they answer, and correctly?"""

from __future__ import annotations

import time

import pytest

from ipv6matrix.health.resolver import Fault, ResolverCheck, fault_of
from ipv6matrix.items import Failure, Status

OK, NODATA, NXDOMAIN = Status
TIMEOUT, SERVFAIL = Failure.TIMEOUT, Failure.SERVFAIL
HONEST = ((NXDOMAIN, NXDOMAIN), (NXDOMAIN, NODATA))


@pytest.mark.parametrize(
    ("root", "public", "domains", "absent", "fault"),
    [
        (OK, (OK,), (), HONEST, None),
        (OK, (), (), HONEST, None),
        (TIMEOUT, (), (), HONEST, None),
        (OK, (), (), ((NXDOMAIN, TIMEOUT), (SERVFAIL, NODATA)), None),
        (OK, (), (), ((TIMEOUT, TIMEOUT), (TIMEOUT, NXDOMAIN)), None),
        # Silence, and errors for everything; names of the root may come out of a cache.
        (TIMEOUT, (), (), ((TIMEOUT, TIMEOUT), (TIMEOUT, TIMEOUT)), Fault.SILENT),
        (OK, (OK,), (), ((SERVFAIL, SERVFAIL), (SERVFAIL, SERVFAIL)), Fault.SILENT),
        # Existing names are denied: all, or some.
        (NXDOMAIN, (), (), HONEST, Fault.DENIES),
        (NODATA, (), (), HONEST, Fault.DENIES),
        (OK, (OK, NXDOMAIN), (), HONEST, Fault.DENIES),
        (OK, (), (NXDOMAIN, NODATA), HONEST, Fault.DENIES),
        # A domain that disappears by itself is not the resolver's fault.
        (OK, (), (NXDOMAIN,), HONEST, None),
        (OK, (), (NXDOMAIN, OK), HONEST, None),
        (OK, (OK,), (NXDOMAIN, NXDOMAIN), HONEST, None),
        # Missing names have addresses: of one family, or in the answers that arrived.
        (OK, (), (), ((OK, OK), (NXDOMAIN, NXDOMAIN)), Fault.INVENTS),
        (OK, (), (), ((NXDOMAIN, NXDOMAIN), (OK, TIMEOUT)), Fault.INVENTS),
        (NODATA, (), (), ((OK, OK), (OK, OK)), Fault.INVENTS),
    ],
)
def test_a_resolver_is_judged_by_its_answers(root, public, domains, absent, fault):
    """It must know names that exist, and none that do not."""
    assert fault is fault_of(root, public, domains, absent)


@pytest.fixture
async def check(internet):
    made = ResolverCheck([(internet.resolver4, 53), (internet.resolver6, 53)])
    yield made
    await made.close()
    internet.resolver_mode("normal")


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        ("silent", Fault.SILENT),
        ("servfail", Fault.SILENT),
        ("refused", Fault.SILENT),
        ("denying", Fault.DENIES),
        ("portal", Fault.INVENTS),
    ],
)
async def test_faults_of_a_resolver(internet, check, mode, fault):
    """A fault that affects all names is detected immediately, and so is its end."""
    assert await check.fault() is None
    internet.resolver_mode(mode)

    assert fault is await check.fault()

    internet.resolver_mode("normal")
    assert await check.fault() is None


async def test_one_of_two_resolvers_may_be_silent(internet):
    """Lookups succeed as long as the other one answers."""
    check = ResolverCheck([(internet.resolver4, 53), (internet.address("dead", 4), 53)])

    assert await check.fault() is None
    await check.close()


async def test_crawled_domains_are_not_queried_if_a_public_name_is_known(internet, check):
    """Only the first check may query them."""
    check.learn("open.example")
    await check.fault()
    began_at = time.time()

    await check.fault()

    assert {"", "com", "net", "a.root.example"} == {
        query.name for query in internet.queries(since=began_at) if query.name.count(".") != 1
    }
    assert "open.example" not in {query.name for query in internet.queries(since=began_at)}
