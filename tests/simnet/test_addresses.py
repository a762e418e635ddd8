"""
Addresses of the simulated Internet behave as its truth says: plain sockets, icmplib and mtr-packet.

These tests use no probe of the project, so that both cannot be wrong in the same way.
"""

from __future__ import annotations

import asyncio
import socket
import ssl

import geoip2.database
import geoip2.errors
import pytest

from simnet.behaviours import BEHAVIOURS, Mail
from simnet.certificate import COMMON_NAME
from simnet.internet import Internet
from simnet.plain_probes import SmtpClient, ping_all, ports, trace_all
from simnet.topology import FAMILIES, Family
from simnet.truth import Truth

pytestmark = pytest.mark.slow


def test_every_address_answers_pings_as_its_truth(addresses: list[str], truth: Truth) -> None:
    rtts_ms = ping_all(addresses)
    # A busy machine may answer some too late.
    rtts_ms |= ping_all([address for address in addresses if truth.address(address).echo and address not in rtts_ms])

    for address in addresses:
        expected = truth.address(address)
        assert expected.echo == (address in rtts_ms), address
        assert rtts_ms.get(address, 1000.0) >= expected.rtt_ms, address


def test_every_port_is_as_its_truth(addresses: list[str], truth: Truth) -> None:
    outcomes = asyncio.run(ports(addresses))
    late = {
        address
        for (address, port), failure in outcomes.items()
        if truth.address(address).ports[port].failure != failure
    }
    outcomes |= asyncio.run(ports(late))

    for (address, port), failure in outcomes.items():
        assert truth.address(address).ports[port].failure == failure, (address, port)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "block",
    [name for name, behaviour in BEHAVIOURS.items() if name.startswith("smtp") or behaviour.mail is not Mail.STARTTLS],
)
def test_mail_server_is_as_its_truth(internet: Internet, truth: Truth, block: str, family: Family) -> None:
    address = internet.address(block, family, 151)
    expected = truth.address(address).smtp

    session = SmtpClient(address, patience_s=0.5 if block == "smtp_mute" else 4)
    session.run()

    assert expected is not None
    assert expected.greeting_code == session.greeting_code
    assert expected.hello == session.hello
    assert expected.starttls == session.starttls
    assert expected.tls == session.tls
    assert expected.failure == session.failure


def test_certificate_names_itself(internet: Internet) -> None:
    context = ssl.create_default_context(cafile=str(internet.directory / "mail.pem"))
    with socket.create_connection((internet.address("smtp_starttls", 4, 153), 25), timeout=4) as connection:
        connection.recv(1000)
        connection.sendall(b"STARTTLS\r\n")
        connection.recv(1000)

        with context.wrap_socket(connection, server_hostname=COMMON_NAME) as secured:
            assert secured.version() == "TLSv1.3"


def test_every_path_is_as_its_truth(addresses: list[str], truth: Truth) -> None:
    """All TTLs from 1 to two beyond the address, for every block and family."""
    traces = trace_all(addresses)

    for address, hops in traces.items():
        expected = truth.address(address).trace(gap_limit=2)
        seen = hops[: len(expected.hops)]
        assert list(expected.hops) == seen, address


def test_paths_differ_by_family_and_region(truth: Truth, internet: Internet) -> None:
    lengths = {
        block: tuple(
            truth.address(internet.address(block, family)).trace(gap_limit=3).reached_ttl for family in FAMILIES
        )
        for block in ("open", "shorter6", "longer6", "far", "silent")
    }

    assert {"open": (6, 6), "shorter6": (6, 5), "longer6": (6, 7), "far": (6, 6), "silent": (None, None)} == lengths
    assert 50.0 == truth.address(internet.address("far", 6)).rtt_ms


def test_geoip_tells_the_place(internet: Internet, truth: Truth, addresses: list[str]) -> None:
    settings = internet.settings()
    with (
        geoip2.database.Reader(settings["GEOIP_CITY_DB"]) as cities,
        geoip2.database.Reader(settings["GEOIP_ASN_DB"]) as systems,
    ):
        assert "GeoLite2-City" == cities.metadata().database_type
        assert "GeoLite2-ASN" == systems.metadata().database_type
        for address in addresses:
            place = truth.address(address).place
            assert (place.asn, place.organisation) == _asn(systems, address)
            assert (place.city, place.region, place.country_code, place.latitude, place.longitude) == _city(
                cities, address
            )


def _asn(reader: geoip2.database.Reader, address: str) -> tuple[object, ...]:
    try:
        record = reader.asn(address)
    except geoip2.errors.AddressNotFoundError:
        return None, None
    return record.autonomous_system_number, record.autonomous_system_organization


def _city(reader: geoip2.database.Reader, address: str) -> tuple[object, ...]:
    try:
        record = reader.city(address)
    except geoip2.errors.AddressNotFoundError:
        return (None,) * 5
    region = record.subdivisions.most_specific.name if record.subdivisions else None
    return record.city.name, region, record.country.iso_code, record.location.latitude, record.location.longitude
