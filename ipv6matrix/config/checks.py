"""
Checks of the settings of a run, which return an error message for each invalid value.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from scrapy.settings import BaseSettings

from ipv6matrix.config import extras, metrics, nameservers, plan
from ipv6matrix.exceptions import GeoIpError, NameserverError, OptOutError
from ipv6matrix.exporters import registry
from ipv6matrix.reference import geoip
from ipv6matrix.targets import lists, names, policy
from ipv6matrix.targets.optouts import OptOuts

Check = Callable[[BaseSettings, str], str | None]


def problems(settings: BaseSettings, names: Iterable[str] | None = None) -> list[str]:
    """Return an error message for each invalid setting, or only for those in `names`."""
    return [
        message if message.endswith("]") else f"{message} [SETTING_INVALID]"
        for name in names or CHECKS
        if (message := CHECKS[name](settings, name))
    ]


def values(settings: BaseSettings) -> dict[str, Any]:
    """Return the effective settings of the project for the record: without passwords, with METRICS word by word."""
    effective = {name: _without_password(settings.get(name)) for name in CHECKS}
    return effective | {"METRICS": ",".join(metrics.chosen(settings))}


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
        kind = "an integer" if whole else "a number"
        return f"Invalid {name}={settings.get(name)!r}: must be {kind} between {low:g} and {high:g} ({unit})"

    return check


def _switch(settings: BaseSettings, name: str) -> str | None:
    try:
        settings.getbool(name)
    except (TypeError, ValueError):
        return f"Invalid {name}={settings.get(name)!r}: must be True or False"
    return None


def _words(allowed: Sequence[str]) -> Check:
    def check(settings: BaseSettings, name: str) -> str | None:
        unknown = [word for word in plan.words(settings, name) if word not in allowed]
        if not unknown:
            return None
        return f"Invalid {name}: {unknown[0]!r} is unknown; choose from {','.join(allowed)}"

    return check


def _metrics(settings: BaseSettings, name: str) -> str | None:
    resolver6_words = {metrics.RESOLVER6, f"+{metrics.RESOLVER6}"} & set(plan.words(settings, name))
    if resolver6_words and not settings.get("NAMESERVERS6"):
        return f"Invalid {name}: {resolver6_words.pop()!r} needs a resolver without IPv4; name it with -s NAMESERVERS6="
    return _words(metrics.allowed())(settings, name)


def _one_of(*allowed: str) -> Check:
    def check(settings: BaseSettings, name: str) -> str | None:
        value = settings.get(name)
        return None if value in allowed else f"Invalid {name}={value!r}: choose from {', '.join(allowed)}"

    return check


def _exports(settings: BaseSettings, name: str) -> str | None:
    """Check the formats, and that their dependencies are installed: not at the end of a crawl of days."""
    if message := _words(registry.NAMES)(settings, name):
        return message
    url = str(settings.get("SUMMARY_URL") or "")
    missing = (extras.missing_for_export(form, url) for form in plan.words(settings, name))
    return next(filter(None, missing), None)


def _labels(settings: BaseSettings, name: str) -> str | None:
    wrong = [label for label in plan.words(settings, name) if not lists.is_host(label)]
    return (
        f"Invalid {name}: {wrong[0]!r} cannot precede a domain; use labels of letters, digits and hyphens"
        if wrong
        else None
    )


def _folder_or_none(settings: BaseSettings, name: str) -> str | None:
    path = Path(settings.get(name) or ".").expanduser()
    return (
        f"Invalid {name}={str(path)!r}: is a file; set it to a folder" if path.exists() and not path.is_dir() else None
    )


def _some_path(settings: BaseSettings, name: str) -> str | None:
    return None if settings.get(name) else f"{name} is empty: set it to a folder"


def _host(settings: BaseSettings, name: str) -> str | None:
    return None if settings.get(name) else f"{name} is empty: set it to an address or name of this machine"


def _database(settings: BaseSettings, name: str) -> str | None:
    url = settings.get(name)
    if not url or re.match(r"[a-z0-9+]+://", url):
        return None
    return f"Invalid {name}={url!r}: must be the URL of a database, e.g. sqlite:///crawls/matrix.db"


def _web_address(settings: BaseSettings, name: str) -> str | None:
    url = settings.get(name)
    right = isinstance(url, str) and re.fullmatch(r"https?://[^\s/]+(/\S*)?", url)
    return None if right else f"Invalid {name}={url!r}: must be a URL that begins with https:// or http://"


def _site(settings: BaseSettings, name: str) -> str | None:
    url = settings.get(name) or ""
    if re.fullmatch(r"(https?://[^\s/?#@]+)?", str(url)):
        return None
    return (
        f"Invalid {name}={url!r}: must be the URL of a website without a path, e.g. https://www.example.org, or empty"
    )


def _account(settings: BaseSettings, name: str) -> str | None:
    account = str(settings.get(name) or "")
    if account and not account.isdecimal():
        return f"Invalid {name}={account!r}: must be the number of a MaxMind account, or empty"
    if bool(account) is not bool(settings.get("GEOIP_LICENSE_KEY_FILE")):
        return f"{name} and GEOIP_LICENSE_KEY_FILE belong together: set both, or none to use the files of DB-IP"
    return None


def _key_file(settings: BaseSettings, name: str) -> str | None:
    path = settings.get(name)
    try:
        key = Path(path).expanduser().read_text("ascii").strip() if path else "none"
    except (OSError, UnicodeError) as error:
        return f"Cannot read {name}={path!r} ({getattr(error, 'strerror', 'not ASCII text')}): name a text file"
    if len(key.split()) == 1:
        return None
    return f"{name}={path!r} contains no licence key: use a file with the key and nothing else"


def _geoip_file(settings: BaseSettings, name: str) -> str | None:
    path = geoip.files(settings).get(name)
    try:
        if path:
            geoip.verify(name, path)
    except GeoIpError as error:
        return str(error)
    return None


def _optout_file(settings: BaseSettings, name: str) -> str | None:
    path = settings.get(name)
    try:
        if path:
            OptOuts(Path(path).expanduser())
    except OptOutError as error:
        return f"Invalid {name}: {error.message}; write one domain, address or network per line [{error.code}]"
    except (OSError, UnicodeError) as error:
        return f"Cannot read {name}={path!r} ({getattr(error, 'strerror', 'not UTF-8 text')}): name a text file"
    return None


def _certificates(settings: BaseSettings, name: str) -> str | None:
    path = settings.get(name)
    try:
        if path:
            ssl.create_default_context(cafile=Path(path).expanduser())
    except OSError as error:  # includes ssl.SSLError
        return f"Cannot read {name}={path!r} ({error.strerror or error}): name a PEM file of certificates"
    return None


def _store(settings: BaseSettings, name: str) -> str | None:
    url = str(settings.get(name) or "")
    if not url:
        return _needs_store(settings, name)
    if not url.startswith(("postgresql://", "postgres://")):
        return f"Invalid {name}: must be postgresql://USER:PASSWORD@HOST/NAME, or empty"
    return extras.missing("postgres", name)


def _needs_store(settings: BaseSettings, name: str) -> str | None:
    if str(settings.get("PROCESSES")) == "1" or _number(1, 256, "processes", whole=True)(settings, "PROCESSES"):
        return None
    return (
        f"PROCESSES={settings.get('PROCESSES')} needs a database that the processes share:"
        f" pass -s {name}=postgresql://USER:PASSWORD@HOST/NAME, or PROCESSES=1 [SETTING_MISSING]"
    )


def _nameservers(settings: BaseSettings, name: str) -> str | None:
    try:
        nameservers.configured(settings.get(name))
    except NameserverError as error:
        return str(error).replace("Invalid NAMESERVERS", f"Invalid {name}")
    return None


def _nameservers6(settings: BaseSettings, name: str) -> str | None:
    """Check the resolvers without IPv4; without any, nothing is measured of them."""
    return _nameservers(settings, name) if settings.get(name) else None


def _networks(settings: BaseSettings, name: str) -> str | None:
    try:
        policy.networks(settings.get(name) or "")
    except ValueError as error:
        return f"Invalid {name}: {error}; pass prefixes separated by commas, e.g. 198.18.0.0/15,2001:db8::/32"
    return None


def _addresses(settings: BaseSettings, name: str) -> str | None:
    for word in plan.words(settings, name):
        try:
            ip_address(word)
        except ValueError:
            return f"Invalid {name}: {word!r} is not an IPv4 or IPv6 address; pass addresses separated by commas"
    return None


def _local(version: int) -> Check:
    def check(settings: BaseSettings, name: str) -> str | None:
        value = settings.get(name)
        try:
            parsed = ip_address(value) if value else None
            # Reject IPv4-mapped addresses and needless zones: they would be normalised to a different text.
            right = parsed is None or (parsed.version == version and names.address(value) == str(parsed))
        except ValueError:
            parsed, right = None, False
        if not right:
            return f"Invalid {name}={value!r}: must be an IPv{version} address of this machine, or empty"
        if parsed and (parsed.is_link_local or parsed.is_multicast or parsed.is_unspecified):
            return f"Invalid {name}={value!r}: not reachable from the Internet; use a global address, or leave it empty"
        return None

    return check


def _contact(settings: BaseSettings, name: str) -> str | None:
    text = str(settings.get(name) or "")
    if not text.isprintable():
        return f"Invalid {name}={text!r}: contains unprintable characters; use plain text"
    if text and names.contact_domain(text) is None and not any(names.address(names.host(w)) for w in text.split()):
        return f"Invalid {name}={text!r}: must be a URL or e-mail address"
    return None


def _lifetime(settings: BaseSettings, name: str) -> str | None:
    message = _number(0.05, 600, "seconds")(settings, name)
    try:
        short = settings.getfloat(name) < settings.getfloat("QUERY_TIMEOUT")
    except (TypeError, ValueError):
        short = False
    if message is None and short:
        return f"Invalid {name}={settings.get(name)!r}: must be at least QUERY_TIMEOUT, because it covers all tries"
    return message


def _profile(settings: BaseSettings, name: str) -> str | None:
    try:
        profiles = {word: dict(values) for word, values in settings.getdict("PROFILES").items()}
    except (TypeError, ValueError):
        return f"Invalid PROFILES={settings.get('PROFILES')!r}: must be a JSON object of settings by profile"
    return _words(sorted(profiles))(settings, name)


CHECKS: Final[dict[str, Check]] = {
    "PROFILE": _profile,
    "FEATURES": _words(plan.FEATURES),
    "METRICS": _metrics,
    "WWW_PREFIXES": _labels,
    "NTP_PREFIXES": _labels,
    "ADDRESSES_PER_HOST": _number(1, 100, "addresses", whole=True),
    "NS_PER_DOMAIN": _number(1, 1000, "hosts", whole=True),
    "MX_PER_DOMAIN": _number(1, 1000, "hosts", whole=True),
    "ADDRESSES_STORED_PER_HOST": _number(1, 1000, "addresses", whole=True),
    "NS_ZONES_PER_ADDRESS": _number(1, 1_000_000, "zones", whole=True),
    "SECOND_PASS": _switch,
    "SECOND_PASS_AFTER": _number(0, 86_400, "seconds"),
    "SECOND_PASS_AFTER_MIN": _number(0, 86_400, "seconds"),
    "JOBDIR": _some_path,
    "STORE_URL": _store,
    "PROCESSES": _number(1, 256, "processes", whole=True),
    "OUTPUT_DIR": _some_path,
    "EXPORTS": _exports,
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
    "LIST_MAX_REFUSED": _number(0, 1, "rows in each"),
    "GEOIP_DIR": _some_path,
    "GEOIP_ACCOUNT_ID": _account,
    "GEOIP_LICENSE_KEY_FILE": _key_file,
    "MAXMIND_URL": _web_address,
    "DBIP_URL": _web_address,
    "NAMESERVERS": _nameservers,
    "NAMESERVERS6": _nameservers6,
    "QUERY_TIMEOUT": _number(0.05, 60, "seconds"),
    "QUERY_LIFETIME": _lifetime,
    "PING_COUNT": _number(1, 100, "Echo Requests", whole=True),
    "PING_INTERVAL": _number(0.01, 60, "seconds"),
    "PING_TIMEOUT": _number(0.05, 60, "seconds"),
    "TCP_TIMEOUT": _number(0.05, 60, "seconds"),
    "SMTP_TIMEOUT": _number(0.1, 600, "seconds"),
    "NTP_TIMEOUT": _number(0.05, 60, "seconds"),
    "WEB_TIMEOUT": _number(0.1, 60, "seconds"),
    "TRUSTED_CERTIFICATES": _certificates,
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
    "HEALTH_TARGETS": _addresses,
    "HEALTH_MAX_WAIT": _number(1, 604_800, "seconds"),
    "HEALTH_AFTER_WAIT": _one_of("stop", "skip"),
    "DNS_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "NS_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "PING_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "TCP_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "TRACE_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "NTP_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "PMTU_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "TLS_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "WEB_CONCURRENCY": _number(1, 10_000, "requests", whole=True),
    "TRACE_PROCESSES": _number(1, 64, "processes", whole=True),
    "COMMIT_INTERVAL": _number(0.01, 60, "seconds"),
}
