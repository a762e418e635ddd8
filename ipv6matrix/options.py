"""
The settings of a run: read, and told in a sentence when they make no sense.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from scrapy.settings import BaseSettings

from ipv6matrix import geoip, lists, nameservers, plan, policy
from ipv6matrix.exporters import registry
from ipv6matrix.geoip import GeoIp, GeoIpError
from ipv6matrix.optouts import OptOutError, OptOuts

Check = Callable[[BaseSettings, str], str | None]


def problems(settings: BaseSettings, names: Iterable[str] | None = None) -> list[str]:
    """Give a sentence for every setting, or those named, whose value makes no sense: the value and what would."""
    return [sentence for name in names or CHECKS if (sentence := CHECKS[name](settings, name))]


def values(settings: BaseSettings) -> dict[str, Any]:
    """Give our settings as they are in force, for the record: without passwords."""
    return {name: _without_password(settings.get(name)) for name in CHECKS}


def _without_password(value: Any) -> Any:
    return re.sub(r"(?<=://)([^:@/]*):.*@", r"\1:***@", value) if isinstance(value, str) else value


def _number(low: float, high: float, unit: str, *, whole: bool = False) -> Check:
    def check(settings: BaseSettings, name: str) -> str | None:
        try:
            value = (settings.getint if whole else settings.getfloat)(name)
        except (TypeError, ValueError):
            value = None
        if value is not None and low <= value <= high:
            return None
        kind = "a whole number" if whole else "a number"
        return f"{name}={settings.get(name)!r} makes no sense: give {kind} of {unit} from {low:g} to {high:g}"

    return check


def _switch(settings: BaseSettings, name: str) -> str | None:
    try:
        settings.getbool(name)
    except (TypeError, ValueError):
        return f"{name}={settings.get(name)!r} makes no sense: give True or False"
    return None


def _words(allowed: Sequence[str]) -> Check:
    def check(settings: BaseSettings, name: str) -> str | None:
        unknown = [word for word in plan.words(settings, name) if word not in allowed]
        if not unknown:
            return None
        return f"{name}: {unknown[0]!r} is not known: choose from {','.join(allowed)}"

    return check


def _one_of(*allowed: str) -> Check:
    def check(settings: BaseSettings, name: str) -> str | None:
        value = settings.get(name)
        return None if value in allowed else f"{name}={value!r} is not known: choose from {', '.join(allowed)}"

    return check


def _labels(settings: BaseSettings, name: str) -> str | None:
    wrong = [label for label in plan.words(settings, name) if not lists.is_host(label)]
    return (
        f"{name}: {wrong[0]!r} cannot stand before a domain: give labels of letters, digits and hyphens"
        if wrong
        else None
    )


def _folder_or_none(settings: BaseSettings, name: str) -> str | None:
    path = Path(settings.get(name) or ".").expanduser()
    return f"{name}={str(path)!r} is a file: name a folder" if path.exists() and not path.is_dir() else None


def _some_path(settings: BaseSettings, name: str) -> str | None:
    return None if settings.get(name) else f"{name} is empty: name a folder"


def _host(settings: BaseSettings, name: str) -> str | None:
    return None if settings.get(name) else f"{name} is empty: give an address or a name of this machine"


def _database(settings: BaseSettings, name: str) -> str | None:
    url = settings.get(name)
    if not url or re.match(r"[a-z0-9+]+://", url):
        return None
    return f"{name}={url!r} is no URL of a database: give one like sqlite:///crawls/matrix.db"


def _web_address(settings: BaseSettings, name: str) -> str | None:
    url = settings.get(name)
    right = isinstance(url, str) and re.fullmatch(r"https?://[^\s/]+(/\S*)?", url)
    return None if right else f"{name}={url!r} is no address of a file: give one that begins with https://"


def _site(settings: BaseSettings, name: str) -> str | None:
    url = settings.get(name) or ""
    if re.fullmatch(r"(https?://[^\s/?#@]+)?", str(url)):
        return None
    return f"{name}={url!r} is no address of a website: give one like https://www.example.org, without a path, or none"


def _account(settings: BaseSettings, name: str) -> str | None:
    account = str(settings.get(name) or "")
    if account and not account.isdecimal():
        return f"{name}={account!r} is no account id of MaxMind: give its number, or leave it out"
    if bool(account) is not bool(settings.get("GEOIP_LICENSE_KEY_FILE")):
        return f"{name} and GEOIP_LICENSE_KEY_FILE go together: give both, or none for the files of DB-IP"
    return None


def _key_file(settings: BaseSettings, name: str) -> str | None:
    path = settings.get(name)
    try:
        key = Path(path).expanduser().read_text("ascii").strip() if path else "none"
    except (OSError, UnicodeError) as error:
        return f"{name}: cannot read {path!r} ({getattr(error, 'strerror', 'not ASCII text')}): name a text file"
    if len(key.split()) == 1:
        return None
    return f"{name}: {path!r} holds no licence key: give a file with the key and nothing else"


def _geoip_file(settings: BaseSettings, name: str) -> str | None:
    path = geoip.files(settings).get(name)
    city, asn = (path, None) if name == "GEOIP_CITY_DB" else (None, path)
    try:
        GeoIp(city, asn).close()
    except GeoIpError as error:
        return str(error)
    return None


def _optout_file(settings: BaseSettings, name: str) -> str | None:
    path = settings.get(name)
    try:
        if path:
            OptOuts(Path(path).expanduser())
    except OptOutError as error:
        return f"{name}: {error}; give one domain, address or network a line"
    except (OSError, UnicodeError) as error:
        return f"{name}: cannot read {path!r} ({getattr(error, 'strerror', 'not UTF-8 text')}): name a text file"
    return None


def _nameservers(settings: BaseSettings, name: str) -> str | None:
    try:
        nameservers.configured(settings.get(name))
    except nameservers.NameserverError as error:
        return str(error)
    return None


def _networks(settings: BaseSettings, name: str) -> str | None:
    try:
        policy.networks(settings.get(name) or "")
    except ValueError as error:
        return f"{name}: {error}; give prefixes with commas, as 198.18.0.0/15,2001:db8::/32"
    return None


def _local(version: int) -> Check:
    def check(settings: BaseSettings, name: str) -> str | None:
        value = settings.get(name)
        try:
            right = not value or ip_address(value).version == version
        except ValueError:
            right = False
        return (
            None
            if right
            else f"{name}={value!r} is no IPv{version} address: give one of this machine's, or leave it out"
        )

    return check


def _contact(settings: BaseSettings, name: str) -> str | None:
    text = str(settings.get(name) or "")
    if not text.isprintable():
        return f"{name}={text!r} holds characters that cannot be printed: give plain text"
    if text and not re.search(r"\w\.\w{2,}", text):
        return f"{name}={text!r} names nobody who can be reached: give a mail or web address"
    return None


def _lifetime(settings: BaseSettings, name: str) -> str | None:
    sentence = _number(0.05, 600, "seconds")(settings, name)
    try:
        short = settings.getfloat(name) < settings.getfloat("QUERY_TIMEOUT")
    except (TypeError, ValueError):
        short = False
    if sentence is None and short:
        return f"{name}={settings.get(name)!r} is shorter than QUERY_TIMEOUT: give all tries that much"
    return sentence


def _profile(settings: BaseSettings, name: str) -> str | None:
    try:
        profiles = {word: dict(values) for word, values in settings.getdict("PROFILES").items()}
    except (TypeError, ValueError):
        return f"PROFILES={settings.get('PROFILES')!r} makes no sense: give settings by profile, in JSON"
    return _words(sorted(profiles))(settings, name)


CHECKS: Final[dict[str, Check]] = {
    "PROFILE": _profile,
    "FEATURES": _words(plan.FEATURES),
    "METRICS": _words(plan.METRICS),
    "WWW_PREFIXES": _labels,
    "NTP_PREFIXES": _labels,
    "ADDRESSES_PER_HOST": _number(1, 100, "addresses", whole=True),
    "SECOND_PASS": _switch,
    "SECOND_PASS_AFTER": _number(0, 86_400, "seconds"),
    "JOBDIR": _some_path,
    "OUTPUT_DIR": _some_path,
    "EXPORTS": _words(registry.NAMES),
    "SUMMARY_URL": _database,
    "LIVE_URL": _database,
    "READ_MODEL_DIR": _folder_or_none,
    "WEB_HOST": _host,
    "WEB_PORT": _number(0, 65_535, "ports", whole=True),
    "WEB_URL": _site,
    "METRICS_PORT": _number(0, 65_535, "ports", whole=True),
    "GEOIP_CITY_DB": _geoip_file,
    "GEOIP_ASN_DB": _geoip_file,
    "OPTOUT_FILE": _optout_file,
    "LISTS_DIR": _some_path,
    "MAJESTIC_URL": _web_address,
    "TRANCO_URL": _web_address,
    "TRANCO_ID_URL": _web_address,
    "LIST_MIN_DOMAINS": _number(1, 100_000_000, "domains", whole=True),
    "GEOIP_DIR": _some_path,
    "GEOIP_ACCOUNT_ID": _account,
    "GEOIP_LICENSE_KEY_FILE": _key_file,
    "MAXMIND_URL": _web_address,
    "DBIP_URL": _web_address,
    "NAMESERVERS": _nameservers,
    "QUERY_TIMEOUT": _number(0.05, 60, "seconds"),
    "QUERY_LIFETIME": _lifetime,
    "PING_COUNT": _number(1, 100, "Echo Requests", whole=True),
    "PING_INTERVAL": _number(0.01, 60, "seconds"),
    "PING_TIMEOUT": _number(0.05, 60, "seconds"),
    "TCP_TIMEOUT": _number(0.05, 60, "seconds"),
    "SMTP_TIMEOUT": _number(0.1, 600, "seconds"),
    "TRACE_MAX_TTL": _number(1, 255, "hops", whole=True),
    "TRACE_TIMEOUT": _number(1, 60, "seconds", whole=True),
    "TRACE_GAP_LIMIT": _number(1, 255, "hops", whole=True),
    "LOCAL_IPV4": _local(4),
    "LOCAL_IPV6": _local(6),
    "PROBE_RATE": _number(0, 1_000_000, "packets a second"),
    "PROBE_RATE_PER_NETWORK": _number(0, 1_000_000, "packets a second"),
    "QUERY_RATE": _number(0, 1_000_000, "queries a second"),
    "PROBE_ALLOWED_NETWORKS": _networks,
    "CONTACT": _contact,
    "MISSING": _one_of("stop", "skip"),
    "DNS_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "PING_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "TCP_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "TRACE_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "TRACE_PROCESSES": _number(1, 64, "processes", whole=True),
    "COMMIT_INTERVAL": _number(0.01, 60, "seconds"),
}
