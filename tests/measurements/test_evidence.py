"""What observations say about the vantage point."""

from __future__ import annotations

import pytest

from ipv6matrix.items import (
    BodyEnd,
    DomainObservation,
    Failure,
    Hop,
    HostObservation,
    HostsObservation,
    NameServerAnswer,
    NameServerObservation,
    NameServersObservation,
    NtpObservation,
    NtpStatus,
    PingObservation,
    PmtuObservation,
    PmtuStatus,
    PortObservation,
    ReverseObservation,
    SmtpObservation,
    Status,
    Stop,
    TcpObservation,
    ThirdPartyObservation,
    TlsObservation,
    TlsStatus,
    TraceObservation,
    WebObservation,
)
from ipv6matrix.measurements import REGISTRY
from ipv6matrix.measurements.base import Evidence
from tests import urls
from tests.samples import AT, domain_url, lookup

TOO_LONG = Failure.NAME_TOO_LONG
NOTHING, PART, ALL = Evidence(False, False), Evidence(True, False), Evidence(True, True)
UNSENT = Evidence(False, True)


def evidence_of(observation):
    return REGISTRY.of_observation(observation).evidence(observation)


def ping(sent, replies, failure=None):
    return PingObservation(sent=sent, rtts_ms=(20.0,) * replies, failure=failure, asked_at=AT)


def tcp(*outcomes, smtp=None):
    """Return ports that are open (None) or failed."""
    ports = tuple(
        PortObservation(port=80 + n, open=outcome is None, failure=outcome, asked_at=AT)
        for n, outcome in enumerate(outcomes)
    )
    return TcpObservation(ports=ports, smtp=SmtpObservation(failure=smtp, asked_at=AT))


def trace(stop, *hops, failure=None):
    return TraceObservation(
        hops=tuple(Hop(ttl=n, address=hop) for n, hop in enumerate(hops, 1)), stop=stop, failure=failure, asked_at=AT
    )


def pmtu(status, mtu_bytes=None):
    return PmtuObservation(status=status, mtu_bytes=mtu_bytes, sent=1, asked_at=AT)


def page(end=None, failure=None):
    return WebObservation(scheme="https", end=end, failure=failure, asked_at=AT)


def served(*answers):
    """Return the answers of a name server for as many zones."""
    return NameServersObservation(
        zones=tuple(
            NameServerObservation(zone=f"{n}.example", address="192.0.2.1", tcp=False, answer=answer, asked_at=AT)
            for n, answer in enumerate(answers)
        )
    )


def named(*statuses):
    lookups = [lookup("a.example", "NS", status=status) for status in statuses]
    return DomainObservation(**dict(zip(("ns", "mx", "soa"), lookups, strict=False)))


@pytest.mark.parametrize(
    ("observation", "evidence"),
    [
        (ping(5, 5), ALL),
        (ping(5, 3), PART),
        (ping(5, 0), NOTHING),
        (PingObservation(sent=3, rtts_ms=(20.0,) * 3, unsent=2, asked_at=AT), PART),
        (ping(0, 0, Failure.NETWORK_UNREACHABLE), NOTHING),
        (tcp(None, Failure.CONNECTION_REFUSED, Failure.CONNECTION_RESET), ALL),
        (tcp(None, Failure.TIMEOUT), PART),
        (tcp(Failure.TIMEOUT, Failure.HOST_UNREACHABLE), NOTHING),
        (tcp(None, smtp=Failure.TIMEOUT), PART),
        (tcp(None, smtp=Failure.NOT_SMTP), ALL),
        (trace(Stop.REACHED, "198.18.0.1", "198.18.16.1"), ALL),
        (trace(Stop.REACHED, None, "198.18.16.1"), PART),
        (trace(Stop.UNREACHABLE, "198.18.0.1"), NOTHING),
        (trace(Stop.GAP_LIMIT, "198.18.0.1", None, None), NOTHING),
        (trace(None, failure=Failure.NETWORK_UNREACHABLE), NOTHING),
        (named(Status.OK, Status.NODATA), ALL),
        (named(Status.OK, Failure.SERVFAIL), PART),
        (named(Failure.TIMEOUT, Failure.SERVFAIL, Failure.REFUSED), NOTHING),
        (named(Failure.CNAME_LOOP), ALL),
        (NtpObservation(status=NtpStatus.KISS, asked_at=AT), ALL),
        (NtpObservation(status=Failure.CONNECTION_REFUSED, asked_at=AT), ALL),
        (NtpObservation(status=Failure.TIMEOUT, asked_at=AT), NOTHING),
        (pmtu(PmtuStatus.MEASURED, 1500), ALL),
        (pmtu(PmtuStatus.MEASURED, 1280), UNSENT),
        (pmtu(PmtuStatus.BLACK_HOLE), PART),
        (pmtu(PmtuStatus.UNTESTABLE), NOTHING),
        (TlsObservation(status=TlsStatus.EXPIRED, asked_at=AT), ALL),
        (TlsObservation(status=Failure.TLS_FAILED, asked_at=AT), ALL),
        (TlsObservation(status=Failure.TIMEOUT, asked_at=AT), NOTHING),
        (page(BodyEnd.COMPLETE), ALL),
        (page(BodyEnd.TOO_SLOW), PART),
        (page(failure=Failure.BAD_RESPONSE), ALL),
        (page(failure=Failure.HOST_UNREACHABLE), NOTHING),
        (served(NameServerAnswer.LAME, NameServerAnswer.AUTHORITATIVE), ALL),
        (served(NameServerAnswer.TIMEOUT, NameServerAnswer.REFUSED), PART),
        (served(NameServerAnswer.TIMEOUT, NameServerAnswer.UNTESTABLE), NOTHING),
        (served(), UNSENT),
        (ReverseObservation(lookup=lookup("1.in-addr.arpa", "PTR", status=Status.NXDOMAIN)), ALL),
        (
            HostsObservation(hosts=(HostObservation(name="a", a=lookup("a", "A", status=TOO_LONG)),)),
            Evidence(False, True),
        ),
    ],
)
def test_what_an_observation_says_about_the_vantage_point(observation, evidence):
    """Only an answer from the target itself counts, and anything missing may have been lost nearby."""
    assert evidence == evidence_of(observation)


@pytest.mark.parametrize(
    ("url", "kind", "answers"),
    [
        ("ping://192.0.2.1", PingObservation, 1),
        ("trace://[2001:db8::1]", TraceObservation, 1),
        ("tcp://192.0.2.1?port=80&port=443", TcpObservation, 2),
        (domain_url("a.example"), DomainObservation, 3),
        (urls.guesses("a.example", ("www", "ntp")), HostsObservation, 4),
        ("dns://resolver/a.example?type=AAAA", HostsObservation, 1),
        ("dns://resolver/cdn.example.net?type=A&type=AAAA&use=page", ThirdPartyObservation, 2),
        ("ntp://192.0.2.1", NtpObservation, 1),
        ("pmtu://[2001:db8::1]", PmtuObservation, 1),
        ("tls://192.0.2.1/a.example?port=443", TlsObservation, 1),
        ("web://192.0.2.1/a.example?scheme=http", WebObservation, 1),
        (urls.reverse("192.0.2.1"), ReverseObservation, 1),
    ],
)
def test_an_untested_request_is_a_failure(url, kind, answers):
    """Each answer that the request expects is `probe_failed`: neither an answer nor an absence."""
    question = urls.parse(url)

    observation = REGISTRY.of_url(url).unsent(question, question.names, AT)

    assert isinstance(observation, kind)
    assert not evidence_of(observation).answered
    assert answers == repr(observation).count("PROBE_FAILED")
