"""Invalid settings."""

from __future__ import annotations

import pytest
from scrapy.settings import BaseSettings

from ipv6matrix import settings as project
from ipv6matrix.config import checks, nameservers
from simnet import geoip
from simnet.blocks import Block

OURS = {name: getattr(project, name) for name in checks.CHECKS}

# An invalid value for each setting, and the end of its error message.
BAD = [
    ("PROFILE", "small,big", "'big' is not known: choose from careful,small"),
    ("FEATURES", "NS,AXFR", "'AXFR' is not known: choose from NS,MX,WWW,NTP"),
    ("FEATURES", "ns", "'ns' is not known"),
    ("METRICS", "ping,tcp22", "'tcp22' is not known: choose from soa,reverse,"),
    ("WWW_PREFIXES", "www,-x", "'-x' cannot stand before a domain"),
    ("WWW_PREFIXES", "WWW", "'WWW' cannot stand before a domain"),
    ("NTP_PREFIXES", "n t p", "'n t p' cannot stand before a domain"),
    ("ADDRESSES_PER_HOST", "0", "a whole number of addresses from 1 to 100"),
    ("NS_PER_DOMAIN", "0", "a whole number of hosts from 1 to 1000"),
    ("MX_PER_DOMAIN", "none", "a whole number of hosts from 1 to 1000"),
    ("ADDRESSES_STORED_PER_HOST", "1001", "a whole number of addresses from 1 to 1000"),
    ("SECOND_PASS", "perhaps", "makes no sense: give True or False"),
    ("SECOND_PASS_AFTER", "-1", "a number of seconds from 0 to 86400"),
    ("JOBDIR", "", "is empty: name a folder"),
    ("OUTPUT_DIR", "", "is empty: name a folder"),
    ("EXPORTS", "csv,xml", "'xml' is not known: choose from csv,parquet,summary,report"),
    ("SUMMARY_URL", "matrix.db", "is no URL of a database: give one like sqlite:///crawls/matrix.db"),
    ("LIVE_URL", "live", "is no URL of a database: give one like sqlite:///crawls/matrix.db"),
    ("WEB_HOST", "", "is empty: give an address or a name of this machine"),
    ("WEB_PORT", "65536", "a whole number of ports from 0 to 65535"),
    ("WEB_URL", "www.example.org/matrix", "is no address of a website: give one like https://www.example.org"),
    ("METRICS_PORT", "-1", "a whole number of ports from 0 to 65535"),
    ("GEOIP_CITY_DB", "/nowhere/city.mmdb", "cannot read '/nowhere/city.mmdb'"),
    ("GEOIP_ASN_DB", "/", "cannot read '/'"),
    ("OPTOUT_FILE", "/nowhere/optout", "cannot read '/nowhere/optout' (No such file or directory): name a text file"),
    ("LISTS_DIR", "", "is empty: name a folder"),
    ("MAJESTIC_URL", "majestic_million.csv", "is no address of a file: give one that begins with https://"),
    ("TRANCO_URL", "ftp://example.com/list", "is no address of a file"),
    ("TRANCO_ID_URL", "https://example.com/an id", "is no address of a file"),
    ("LIST_MIN_DOMAINS", "0", "a whole number of domains from 1 to 1e+08"),
    ("LIST_MAX_REFUSED", "1.5", "a number of rows in each from 0 to 1"),
    ("GEOIP_DIR", "", "is empty: name a folder"),
    ("GEOIP_ACCOUNT_ID", "me@example.com", "is no account id of MaxMind: give its number"),
    ("GEOIP_ACCOUNT_ID", "17", "and GEOIP_LICENSE_KEY_FILE go together: give both, or none"),
    ("MAXMIND_URL", "", "is no address of a file"),
    ("DBIP_URL", "https://", "is no address of a file"),
    ("NAMESERVERS", "dns.example", "'dns.example' is no address or address:port"),
    ("QUERY_TIMEOUT", "0", "a number of seconds from 0.05 to 60"),
    ("QUERY_TIMEOUT", "nan", "a number of seconds from 0.05 to 60"),
    ("QUERY_LIFETIME", "inf", "a number of seconds from 0.05 to 600"),
    ("QUERY_LIFETIME", "1.9", "is shorter than QUERY_TIMEOUT"),
    ("PING_COUNT", "0", "a whole number of Echo Requests from 1 to 100"),
    ("PING_COUNT", "2.5", "a whole number"),
    ("PING_COUNT", "", "a whole number"),
    ("PING_COUNT", None, "a whole number"),
    ("PING_INTERVAL", "0", "a number of seconds from 0.01 to 60"),
    ("PING_TIMEOUT", "soon", "a number of seconds from 0.05 to 60"),
    ("TCP_TIMEOUT", "-1", "a number of seconds from 0.05 to 60"),
    ("SMTP_TIMEOUT", "601", "a number of seconds from 0.1 to 600"),
    ("TRACE_MAX_TTL", "256", "a whole number of hops from 1 to 255"),
    ("TRACE_TIMEOUT", "0.5", "a whole number of seconds from 1 to 60"),
    ("TRACE_GAP_LIMIT", "0", "a whole number of hops from 1 to 255"),
    ("LOCAL_IPV4", "2001:db8::1", "is no IPv4 address"),
    ("LOCAL_IPV6", "192.0.2.1", "is no IPv6 address"),
    ("LOCAL_IPV6", "eth0", "is no IPv6 address"),
    ("LOCAL_IPV6", "::ffff:192.0.2.1", "is no IPv6 address"),
    ("LOCAL_IPV6", "2001:db8::1%eth0", "is no IPv6 address"),
    ("LOCAL_IPV6", "fe80::1%eth0", "is not reachable from the Internet: use a global address"),
    ("LOCAL_IPV4", "169.254.0.1", "is not reachable from the Internet: use a global address"),
    ("LOCAL_IPV4", "010.0.0.1", "is no IPv4 address"),
    ("PROBE_RATE", "-1", "a number of packets a second from 0 to 1e+06"),
    ("PROBE_RATE_PER_NETWORK", "fast", "a number of packets a second"),
    ("QUERY_RATE", "1e9", "a number of queries a second"),
    (
        "PROBE_ALLOWED_NETWORKS",
        "198.18.0.0/15,10.0.0.0/33",
        "'10.0.0.0/33' does not appear to be an IPv4 or IPv6 network",
    ),
    ("CONTACT", "a@example.com\r\nQUIT", "holds characters that cannot be printed"),
    ("CONTACT", "me", "names nobody who can be reached: give a mail or web address"),
    ("MISSING", "ignore", "is not known: choose from stop, skip"),
    ("HEALTH_TARGETS", "192.0.2.1,k.root-servers.net", "is not an IPv4 or IPv6 address"),
    ("HEALTH_MAX_WAIT", "0", "a number of seconds from 1 to 604800"),
    ("HEALTH_AFTER_WAIT", "go", "is not known: choose from stop, skip"),
    ("DNS_CONCURRENCY", "0", "a whole number of requests from 1 to 10000"),
    ("PING_CONCURRENCY", "many", "a whole number of requests"),
    ("TCP_CONCURRENCY", "10001", "a whole number of requests"),
    ("TRACE_CONCURRENCY", "-5", "a whole number of requests"),
    ("TRACE_PROCESSES", "65", "a whole number of processes from 1 to 64"),
    ("COMMIT_INTERVAL", "0", "a number of seconds from 0.01 to 60"),
]


@pytest.fixture(autouse=True)
def resolv_conf(tmp_path_factory, monkeypatch):
    """Provide a system resolver, whatever machine the test runs on."""
    file = tmp_path_factory.mktemp("etc") / "resolv.conf"
    file.write_text("nameserver 192.0.2.53\n")
    monkeypatch.setattr(nameservers, "_RESOLV_CONF", file)


def problems(**values):
    return checks.problems(BaseSettings(OURS | {"PROFILES": project.PROFILES} | values))


@pytest.mark.parametrize(("name", "value", "complaint"), BAD)
def test_an_invalid_value_is_reported(name, value, complaint):
    """
    The error has the setting and the value, and says which values are valid.
    """
    (sentence,) = problems(**{name: value})

    assert sentence.startswith(name)
    assert complaint in sentence
    assert "\n" not in sentence


def test_every_setting_has_an_invalid_value_here():
    """
    No check goes untested.
    """
    # A key file alone is a fault of the account as well, so it has its own tests.
    assert set(checks.CHECKS) == {name for name, _, _ in BAD} | {"GEOIP_LICENSE_KEY_FILE"}


def test_every_setting_of_ours_is_checked():
    """
    Whatever settings.py sets for this project, and not for Scrapy, has a check.
    """
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
    theirs += ("ITEM_PIPELINES", "EXTENSIONS", "ROBOTSTXT_OBEY", "TELNETCONSOLE_ENABLED")
    # The content of PROFILE is tested in tests/config/test_profiles.py.
    theirs += ("PROFILES",)
    names = {name for name in dir(project) if name.isupper() and not name.startswith(theirs)}

    assert names == set(checks.CHECKS)


def test_the_defaults_are_valid():
    """
    The values of settings.py pass their own checks.
    """
    assert [] == problems()


def test_every_problem_is_reported_at_once():
    """
    Each invalid value has its own error message.
    """
    assert ["PING_COUNT", "MISSING"] == [
        sentence.partition("=")[0] for sentence in problems(PING_COUNT=0, MISSING="no")
    ]


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
    """
    Valid values lead to no error.
    """
    assert [] == problems(**values)


def test_valid_files_pass(tmp_path):
    """
    GeoIP files of the right type and a readable opt-out file lead to no error.
    """
    city, asn, optout = (tmp_path / name for name in ("city.mmdb", "asn.mmdb", "optout"))
    geoip.write((Block(name="a", behaviour="open", network4="198.18.1.0/24"),), city, asn)
    optout.write_text("example.com\n")

    assert [] == problems(GEOIP_CITY_DB=str(city), GEOIP_ASN_DB=str(asn), OPTOUT_FILE=str(optout))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "(No such file or directory): name a text file"),
        ("", "holds no licence key: give a file with the key and nothing else"),
        ("AccountID 17\nLicenseKey secret\n", "holds no licence key"),
        ("schlüssel", "(not ASCII text): name a text file"),
    ],
)
def test_a_key_file_without_a_key_is_reported(tmp_path, content, complaint):
    """
    The file must exist and contain only the key; its content is never shown.
    """
    if content is not None:
        (tmp_path / "key").write_text(content, "utf-8")
    (sentence,) = problems(GEOIP_ACCOUNT_ID="17", GEOIP_LICENSE_KEY_FILE=str(tmp_path / "key"))

    assert sentence.startswith("GEOIP_LICENSE_KEY_FILE: ")
    assert complaint in sentence
    assert "secret" not in sentence


def test_an_account_with_its_key_passes(tmp_path):
    """
    An account number needs a file with a single word.
    """
    (tmp_path / "key").write_text("secret\n")

    assert [] == problems(GEOIP_ACCOUNT_ID="17", GEOIP_LICENSE_KEY_FILE=str(tmp_path / "key"))


def test_files_of_geoip_dir_are_checked(tmp_path):
    """
    A broken file that is used by default is reported under its setting.
    """
    (tmp_path / "city.mmdb").write_text("no database")
    (sentence,) = problems(GEOIP_DIR=str(tmp_path))

    assert sentence.startswith(f"GEOIP_CITY_DB: cannot read '{tmp_path}/city.mmdb'")


def test_swapped_geoip_files_are_reported(tmp_path):
    """
    A file of the other type is reported under its setting.
    """
    city, asn = tmp_path / "city.mmdb", tmp_path / "asn.mmdb"
    geoip.write((Block(name="a", behaviour="open", network4="198.18.1.0/24"),), city, asn)

    assert [
        f"GEOIP_CITY_DB: '{asn}' is a GeoLite2-ASN file; name a GeoLite2-City file",
        f"GEOIP_ASN_DB: '{city}' is a GeoLite2-City file; name a GeoLite2-ASN file",
    ] == problems(GEOIP_CITY_DB=str(asn), GEOIP_ASN_DB=str(city))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"example.com\n\nno domain\n", "line 3: 'no domain' is neither a domain nor a network"),
        (b"b\xfccher.example\n", "(not UTF-8 text): name a text file"),
    ],
)
def test_an_invalid_opt_out_file_is_reported(tmp_path, content, complaint):
    """
    The error has the number of an invalid line, or says that the file is not text.
    """
    file = tmp_path / "optout"
    file.write_bytes(content)
    (sentence,) = problems(OPTOUT_FILE=str(file))

    assert sentence.startswith("OPTOUT_FILE: ")
    assert complaint in sentence


def test_a_system_without_resolver_is_reported(tmp_path, monkeypatch):
    """
    Without the setting and without resolv.conf there is no resolver.
    """
    monkeypatch.setattr(nameservers, "_RESOLV_CONF", tmp_path / "missing")

    assert [f"'{tmp_path}/missing' names no resolver; name one with -s NAMESERVERS=ADDRESS"] == problems()


def test_effective_values_are_recorded():
    """
    The record has each of our settings and none of Scrapy's.
    """
    values = checks.values(BaseSettings(OURS | {"PING_COUNT": "3", "ROBOTSTXT_OBEY": False}))

    assert OURS | {"PING_COUNT": "3"} == values


def test_passwords_are_not_recorded():
    """
    The record of a crawl has the URL of a database without its password.
    """
    settings = BaseSettings({"SUMMARY_URL": "mysql+mysqlconnector://user:secret@localhost/matrix"})

    assert "mysql+mysqlconnector://user:***@localhost/matrix" == checks.values(settings)["SUMMARY_URL"]
