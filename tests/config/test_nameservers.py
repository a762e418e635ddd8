"""The resolvers of a crawl."""

from __future__ import annotations

import pytest

from ipv6matrix.config import nameservers
from ipv6matrix.exceptions import NameserverError


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.53", ("192.0.2.53", 53)),
        ("192.0.2.53:5353", ("192.0.2.53", 5353)),
        ("2001:db8::53", ("2001:db8::53", 53)),
        ("[2001:db8::53]", ("2001:db8::53", 53)),
        ("[2001:db8::53]:5353", ("2001:db8::53", 5353)),
        ("2001:DB8:0::53", ("2001:db8::53", 53)),
        ("::1", ("::1", 53)),
        ("fe80::1%eth0", ("fe80::1%eth0", 53)),
        ("[FE80::0001%2]:5353", ("fe80::1%2", 5353)),
        ("2001:db8::53%eth0", ("2001:db8::53", 53)),
        ("::ffff:127.0.0.1", ("127.0.0.1", 53)),
        ("[::FFFF:127.0.0.1]:5353", ("127.0.0.1", 5353)),
    ],
)
def test_an_address_may_have_a_port(text, server):
    """An IPv6 address with a port has brackets; the default port is 53."""
    assert server == nameservers.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "dns.example",
        "192.0.2.300",
        "192.0.2.53:",
        "192.0.2.53:0",
        "192.0.2.53:65536",
        "192.0.2.53:domain",
        "[2001:db8::53",
        "[2001:db8::53]5353",
        "[2001:db8::53]x",
        "[]",
        ":53",
        "192.0.2.53:٥٣",
        "fe80::1%",
        "010.0.0.53",
    ],
)
def test_an_invalid_address_is_reported(text):
    """The error has the setting and the value, and shows a valid one."""
    with pytest.raises(NameserverError) as raised:
        nameservers.parse(text)

    assert "NAMESERVERS_INVALID" == raised.value.code
    assert f"NAMESERVERS: {text!r}" in raised.value.message


@pytest.mark.parametrize("value", ["::1, 192.0.2.53:5353 ,", ["::1", " 192.0.2.53:5353"]])
def test_several_servers_keep_their_order(value):
    """The setting is comma-separated text or a list."""
    assert (("::1", 53), ("192.0.2.53", 5353)) == nameservers.configured(value)


@pytest.mark.parametrize("value", ["", " , ", None, []])
def test_an_empty_setting_means_the_system_resolvers(value, tmp_path, monkeypatch):
    """Without a setting resolv.conf(5) has the servers."""
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver 192.0.2.1\n")
    monkeypatch.setattr(nameservers, "_RESOLV_CONF", file)

    assert (("192.0.2.1", 53),) == nameservers.configured(value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("fe80::1", "zone"),
        ("fe80::1%nowhere0", "'nowhere0'"),
        ("[fe80::1%4711]:53", "'4711'"),
    ],
)
def test_a_link_local_resolver_needs_an_existing_zone(text, fault):
    """Without it a socket cannot know where to send; the error lists the interfaces."""
    with pytest.raises(NameserverError) as raised:
        nameservers.configured(f"192.0.2.1,{text}")

    assert f"NAMESERVERS='{nameservers.parse(text)[0]}'" in raised.value.message
    assert fault in raised.value.message
    assert " lo" in raised.value.message


@pytest.mark.parametrize("zone", ["lo", "1"])
def test_a_zone_is_a_name_or_a_number(zone):
    """Interfaces have both (RFC 4007 section 11.2)."""
    assert ((f"fe80::1%{zone}", 53),) == nameservers.configured(f"fe80::1%{zone}")


def test_an_unusable_line_of_resolv_conf_is_reported(tmp_path, caplog):
    """The other resolvers are used; a warning quotes the line."""
    file = tmp_path / "resolv.conf"
    file.write_text("nameserver fe80::1%nowhere0\nnameserver dns.example\nnameserver 192.0.2.1 # office\n")

    assert (("192.0.2.1", 53),) == nameservers.system(file)
    assert ["fe80::1%nowhere0", "dns.example"] == [record.args[0] for record in caplog.records]


def test_resolv_conf_is_parsed_as_documented(tmp_path):
    """Comments and other lines are skipped; a link-local address keeps its zone."""
    file = tmp_path / "resolv.conf"
    file.write_bytes(
        b"# nameserver 192.0.2.9\n; c\xe9\nsearch example\nnameserver 192.0.2.1\n"
        b"nameserver\t2001:db8::1\nnameserver fe80::1%lo\nnameserver\noptions edns0\n"
    )

    assert (("192.0.2.1", 53), ("2001:db8::1", 53), ("fe80::1%lo", 53)) == nameservers.system(file)


@pytest.mark.parametrize("content", [None, "", "search example\n"])
def test_a_system_without_resolver_is_reported_with_its_fix(tmp_path, content):
    """A missing resolv.conf, or one without servers, is an error that says how to set a resolver."""
    file = tmp_path / "resolv.conf"
    if content is not None:
        file.write_text(content)

    with pytest.raises(NameserverError) as raised:
        nameservers.system(file)

    assert "NAMESERVERS_INVALID" == raised.value.code
    assert f"'{file}'" in raised.value.message
