"""Invalid settings."""

from __future__ import annotations

import pytest
from scrapy.settings import BaseSettings

from ipv6matrix import settings as project
from ipv6matrix.config import checks, metrics, nameservers
from simnet import geoip
from simnet.blocks import Block

OURS = {name: getattr(project, name) for name in checks.CHECKS}

# An invalid value for each setting, and for each reason to reject one.
BAD = [
    ("PROFILE", "small,big"),
    ("FEATURES", "NS,AXFR"),
    ("METRICS", "ping,tcp22"),
    ("NS_ZONES_PER_ADDRESS", 0),
    ("WWW_PREFIXES", "www,-x"),
    ("NTP_PREFIXES", "n t p"),
    ("ADDRESSES_PER_HOST", "0"),
    ("NS_PER_DOMAIN", "1001"),
    ("MX_PER_DOMAIN", "none"),
    ("ADDRESSES_STORED_PER_HOST", "1001"),
    ("SECOND_PASS", "perhaps"),
    ("SECOND_PASS_AFTER", "-1"),
    ("SECOND_PASS_AFTER_MIN", "86401"),
    ("JOBDIR", ""),
    ("STORE_URL", "mysql://server/crawl"),
    ("PROCESSES", "0"),
    ("OUTPUT_DIR", ""),
    ("READ_MODEL_DIR", "/etc/passwd"),
    ("EXPORTS", "csv,xml"),
    ("SUMMARY_URL", "matrix.db"),
    ("LIVE_URL", "live"),
    ("WEB_HOST", ""),
    ("WEB_PORT", "65536"),
    ("WEB_URL", "www.example.org/matrix"),
    ("METRICS_PORT", "-1"),
    ("GEOIP_CITY_DB", "/nowhere/city.mmdb"),
    ("GEOIP_ASN_DB", "/"),
    ("OPTOUT_FILE", "/nowhere/optout"),
    ("LISTS_DIR", ""),
    ("MAJESTIC_URL", "majestic_million.csv"),
    ("TRANCO_URL", "ftp://example.com/list"),
    ("TRANCO_ID_URL", "https://example.com/an id"),
    ("LIST_MIN_DOMAINS", "0"),
    ("LIST_MAX_REFUSED", "1.5"),
    ("GEOIP_DIR", ""),
    ("GEOIP_ACCOUNT_ID", "me@example.com"),
    ("GEOIP_ACCOUNT_ID", "17"),
    ("MAXMIND_URL", ""),
    ("DBIP_URL", "https://"),
    ("NAMESERVERS6", "not an address"),
    ("NAMESERVERS", "dns.example"),
    ("QUERY_TIMEOUT", "nan"),
    ("QUERY_LIFETIME", "inf"),
    ("QUERY_LIFETIME", "1.9"),
    ("PING_COUNT", "2.5"),
    ("PING_COUNT", ""),
    ("PING_COUNT", None),
    ("PING_INTERVAL", "0"),
    ("PING_TIMEOUT", "soon"),
    ("TCP_TIMEOUT", "-1"),
    ("SMTP_TIMEOUT", "601"),
    ("NTP_TIMEOUT", "0"),
    ("WEB_TIMEOUT", "61"),
    ("TRUSTED_CERTIFICATES", "/nowhere/ca.pem"),
    ("TRUSTED_CERTIFICATES", __file__),
    ("TRACE_MAX_TTL", "256"),
    ("TRACE_TIMEOUT", "0.5"),
    ("TRACE_GAP_LIMIT", "0"),
    ("LOCAL_IPV4", "2001:db8::1"),
    ("LOCAL_IPV4", "169.254.0.1"),
    ("LOCAL_IPV4", "010.0.0.1"),
    ("LOCAL_IPV6", "eth0"),
    ("LOCAL_IPV6", "::ffff:192.0.2.1"),
    ("LOCAL_IPV6", "2001:db8::1%eth0"),
    ("LOCAL_IPV6", "fe80::1%eth0"),
    ("PROBE_RATE", "-1"),
    ("PROBE_RATE_PER_NETWORK", "fast"),
    ("QUERY_RATE", "1e9"),
    ("PROBE_ALLOWED_NETWORKS", "198.18.0.0/15,10.0.0.0/33"),
    ("CONTACT", "a@example.com\r\nQUIT"),
    ("CONTACT", "me"),
    ("MISSING", "ignore"),
    ("HEALTH_TARGETS", "192.0.2.1,k.root-servers.net"),
    ("HEALTH_MAX_WAIT", "0"),
    ("HEALTH_AFTER_WAIT", "go"),
    ("DNS_CONCURRENCY", "0"),
    ("NS_CONCURRENCY", "0"),
    ("PING_CONCURRENCY", "many"),
    ("TCP_CONCURRENCY", "10001"),
    ("TRACE_CONCURRENCY", "-5"),
    ("NTP_CONCURRENCY", "0"),
    ("PMTU_CONCURRENCY", "0"),
    ("TLS_CONCURRENCY", "0"),
    ("WEB_CONCURRENCY", "0"),
    ("TRACE_PROCESSES", "65"),
    ("COMMIT_INTERVAL", "0"),
]
# The code of a setting, where it has one of its own.
CODES = {
    "GEOIP_CITY_DB": "GEOIP_INVALID",
    "GEOIP_ASN_DB": "GEOIP_INVALID",
    "NAMESERVERS": "NAMESERVERS_INVALID",
    "NAMESERVERS6": "NAMESERVERS_INVALID",
}


@pytest.fixture(autouse=True)
def resolv_conf(tmp_path_factory, monkeypatch):
    """Provide a system resolver, whatever machine the test runs on."""
    file = tmp_path_factory.mktemp("etc") / "resolv.conf"
    file.write_text("nameserver 192.0.2.53\n")
    monkeypatch.setattr(nameservers, "_RESOLV_CONF", file)


def problems(**values):
    return checks.problems(BaseSettings(OURS | {"PROFILES": project.PROFILES} | values))


@pytest.mark.parametrize(("name", "value"), BAD)
def test_an_invalid_value_is_reported(name, value):
    """The error has the setting and the value, and says which values are valid."""
    (message,) = problems(**{name: value})

    assert name in message
    assert message.endswith(f"[{CODES.get(name, 'SETTING_INVALID')}]")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "value", "limits"),
    [
        ("PING_COUNT", "0", "between 1 and 100"),
        ("QUERY_TIMEOUT", "0", "between 0.05 and 60"),
        ("LIST_MIN_DOMAINS", "0", "between 1 and 1e+08"),
        ("FEATURES", "ns", "NS,MX,WWW,NTP"),
        ("MISSING", "ignore", "stop, skip"),
    ],
)
def test_a_message_names_the_value_and_the_valid_ones(name, value, limits):
    """The message shows what was set and what may be set instead."""
    (message,) = problems(**{name: value})

    assert repr(value) in message
    assert limits in message


def test_every_setting_has_an_invalid_value_here():
    """No check goes untested."""
    # A key file alone is a fault of the account as well, so it has its own tests.
    assert set(checks.CHECKS) == {name for name, _ in BAD} | {"GEOIP_LICENSE_KEY_FILE"}


def test_every_setting_of_ours_is_checked():
    """Whatever settings.py sets for this project, and not for Scrapy, has a check."""
    theirs = (
        "BOT_NAME",
        "SCHEDULER",
        "CONCURRENT_",
        "TWISTED_",
        "LOG_",
        "DOWNLOAD",
        "SPIDER",
        "NEWSPIDER",
        "COMMANDS_",
    )
    theirs += ("ITEM_PIPELINES", "EXTENSIONS", "STATS_CLASS", "ROBOTSTXT_OBEY", "TELNETCONSOLE_ENABLED")
    # The content of PROFILE is tested in tests/config/test_profiles.py.
    theirs += ("PROFILES",)
    names = {name for name in dir(project) if name.isupper() and not name.startswith(theirs)}

    assert names == set(checks.CHECKS)


def test_the_defaults_are_valid():
    """The values of settings.py pass their own checks."""
    assert [] == problems()


def test_every_problem_is_reported_at_once():
    """Each invalid value has its own error message."""
    messages = problems(PING_COUNT=0, MISSING="no")

    assert ["PING_COUNT", "MISSING"] == [message.partition("=")[0].split()[-1] for message in messages]


@pytest.mark.parametrize(
    "values",
    [
        {"FEATURES": "MX", "METRICS": "tcp25,tls"},
        {"FEATURES": ["NS", "MX"], "METRICS": []},
        {"WWW_PREFIXES": "www,www.ipv6,_x"},
        {"PING_COUNT": "1", "TRACE_MAX_TTL": "255", "TRACE_TIMEOUT": "1"},
        {"PROBE_RATE": "0", "PROBE_RATE_PER_NETWORK": "0.5", "QUERY_RATE": "0"},
        {"LOCAL_IPV4": "192.0.2.1", "LOCAL_IPV6": "2001:0DB8::01"},
        {"PROBE_ALLOWED_NETWORKS": "198.18.0.0/15, 2001:db8::/32"},
        {"NAMESERVERS": "::1,[2001:db8::53]:5353"},
        {"CONTACT": "https://example.org/crawler (Jörg)"},
        {"MISSING": "skip", "COMMIT_INTERVAL": "0.01"},
    ],
)
def test_valid_values_pass(values):
    """Valid values lead to no error."""
    assert [] == problems(**values)


def test_valid_files_pass(tmp_path):
    """GeoIP files of the right type and a readable opt-out file lead to no error."""
    city, asn, optout = (tmp_path / name for name in ("city.mmdb", "asn.mmdb", "optout"))
    geoip.write((Block(name="a", behaviour="open", network4="198.18.1.0/24"),), city, asn)
    optout.write_text("example.com\n")

    assert [] == problems(GEOIP_CITY_DB=str(city), GEOIP_ASN_DB=str(asn), OPTOUT_FILE=str(optout))


@pytest.mark.parametrize("content", [None, "", "AccountID 17\nLicenseKey secret\n", "schlüssel"])
def test_a_key_file_without_a_key_is_reported(tmp_path, content):
    """The file must exist and contain only the key; its content is never shown."""
    path = tmp_path / "key"
    if content is not None:
        path.write_text(content, "utf-8")
    (message,) = problems(GEOIP_ACCOUNT_ID="17", GEOIP_LICENSE_KEY_FILE=str(path))

    assert f"GEOIP_LICENSE_KEY_FILE={str(path)!r}" in message
    assert message.endswith("[SETTING_INVALID]")
    assert "secret" not in message


def test_an_account_with_its_key_passes(tmp_path):
    """An account number needs a file with a single word."""
    (tmp_path / "key").write_text("secret\n")

    assert [] == problems(GEOIP_ACCOUNT_ID="17", GEOIP_LICENSE_KEY_FILE=str(tmp_path / "key"))


def test_files_of_geoip_dir_are_checked(tmp_path):
    """A broken file that is used by default is reported under its setting."""
    (tmp_path / "city.mmdb").write_text("no database")
    (message,) = problems(GEOIP_DIR=str(tmp_path))

    assert f"GEOIP_CITY_DB='{tmp_path}/city.mmdb'" in message
    assert message.endswith("[GEOIP_INVALID]")


def test_swapped_geoip_files_are_reported(tmp_path):
    """A file of the other type is reported under its setting."""
    city, asn = tmp_path / "city.mmdb", tmp_path / "asn.mmdb"
    geoip.write((Block(name="a", behaviour="open", network4="198.18.1.0/24"),), city, asn)

    of_city, of_asn = problems(GEOIP_CITY_DB=str(asn), GEOIP_ASN_DB=str(city))
    assert f"GEOIP_CITY_DB='{asn}' is a GeoLite2-ASN file" in of_city
    assert f"GEOIP_ASN_DB='{city}' is a GeoLite2-City file" in of_asn


@pytest.mark.parametrize(
    ("content", "part", "code"),
    [
        (b"example.com\n\nno domain\n", "line 3: 'no domain'", "OPTOUT_INVALID"),
        (b"b\xfccher.example\n", "optout", "SETTING_INVALID"),
    ],
)
def test_an_invalid_opt_out_file_is_reported(tmp_path, content, part, code):
    """The error has the number of an invalid line, or says that the file is not text."""
    file = tmp_path / "optout"
    file.write_bytes(content)
    (message,) = problems(OPTOUT_FILE=str(file))

    assert "OPTOUT_FILE" in message
    assert part in message
    assert message.endswith(f"[{code}]")


def test_a_system_without_resolver_is_reported(tmp_path, monkeypatch):
    """Without the setting and without resolv.conf there is no resolver."""
    monkeypatch.setattr(nameservers, "_RESOLV_CONF", tmp_path / "missing")

    (message,) = problems()

    assert f"'{tmp_path}/missing'" in message
    assert message.endswith("[NAMESERVERS_INVALID]")


def test_effective_values_are_recorded():
    """The record has each of our settings and none of Scrapy's, with METRICS word by word."""
    values = checks.values(BaseSettings(OURS | {"PING_COUNT": "3", "ROBOTSTXT_OBEY": False}))

    assert OURS | {"PING_COUNT": "3", "METRICS": ",".join(metrics.chosen(BaseSettings(OURS)))} == values


def test_passwords_are_not_recorded():
    """The record of a crawl has the URL of a database without its password."""
    settings = BaseSettings({"SUMMARY_URL": "mysql+mysqlconnector://user:secret@localhost/matrix"})

    assert "mysql+mysqlconnector://user:***@localhost/matrix" == checks.values(settings)["SUMMARY_URL"]
