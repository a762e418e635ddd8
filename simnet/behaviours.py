"""
How servers behave: what an address answers to pings, on each port, and as a mail server.

Plain data, which the packet filter (`filters`), the mail server (`smtp`) and the
truth read.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PORTS: Final = (25, 80, 443)


class Mail(StrEnum):
    """How a mail server behaves on port 25."""

    STARTTLS = "starttls"
    PLAIN = "plain"
    GREETS_4XX = "greets_4xx"
    GREETS_5XX = "greets_5xx"
    GREETS_LATE = "greets_late"
    MUTE = "mute"
    CLOSES = "closes"
    NOT_SMTP = "not_smtp"
    HELO_ONLY = "helo_only"
    REFUSES_STARTTLS = "refuses_starttls"
    BREAKS_TLS = "breaks_tls"
    MULTILINE = "multiline"
    OTHER_NAME = "other_name"
    OTHER_CERTIFICATE = "other_certificate"
    REFUSES_HELLO = "refuses_hello"
    LEAVES = "leaves"


class Web(StrEnum):
    """What a web server does on ports 80 and 443."""

    SAME = "same"
    DEFAULT_HOST6 = "default_host6"
    WRONG_CERTIFICATE6 = "wrong_certificate6"
    EXPIRED = "expired"
    UNTRUSTED = "untrusted"
    ALERT = "alert"
    NO_TLS = "no_tls"
    RESETS = "resets"
    MUTE = "mute"
    FORBIDDEN6 = "forbidden6"
    REDIRECT6 = "redirect6"
    OTHER_PAGE6 = "other_page6"
    SLOW_BODY = "slow_body"
    ENDLESS_BODY = "endless_body"
    BAD_RESPONSE = "bad_response"
    THIRD_PARTIES = "third_parties"
    NOT_FOUND6 = "not_found6"
    UNKNOWN_PARTY = "unknown_party"
    CUT_BODY = "cut_body"


class Ntp(StrEnum):
    """How a time server answers."""

    GOOD = "good"
    STRATUM_16 = "stratum_16"
    RATE = "rate"
    WRONG_ORIGIN = "wrong_origin"
    SILENT = "silent"


class Gone(StrEnum):
    """How an unused address fails to answer."""

    DEAD = "dead"
    HOST_UNREACHABLE = "host_unreachable"
    NO_ROUTE = "no_route"


GREETING_DELAY_S: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What every address of a block does."""

    name: str
    echo: bool = True
    closed: tuple[int, ...] = ()
    "Ports that answer RST."
    filtered: tuple[int, ...] = ()
    "Ports that do not answer."
    mail: Mail = Mail.STARTTLS
    gone: Gone | None = None


def _mail(name: str, mail: Mail) -> Behaviour:
    return Behaviour(name=name, closed=(80, 443), mail=mail)


BEHAVIOURS: Final = {
    behaviour.name: behaviour
    for behaviour in (
        Behaviour(name="open"),
        Behaviour(name="web", filtered=(25,)),
        Behaviour(name="web_25_closed", closed=(25,)),
        Behaviour(name="port25_closed", closed=(25,)),
        Behaviour(name="port80_closed", closed=(80,)),
        Behaviour(name="port443_closed", closed=(443,)),
        Behaviour(name="all_closed", closed=PORTS),
        Behaviour(name="filtered", filtered=PORTS),
        Behaviour(name="silent", echo=False),
        Behaviour(name="silent_web", echo=False, filtered=(25,)),
        Behaviour(name="dead", echo=False, filtered=PORTS, gone=Gone.DEAD),
        Behaviour(name="host_unreachable", gone=Gone.HOST_UNREACHABLE),
        Behaviour(name="no_route", gone=Gone.NO_ROUTE),
        _mail("smtp_starttls", Mail.STARTTLS),
        _mail("smtp_plain", Mail.PLAIN),
        _mail("smtp_4xx", Mail.GREETS_4XX),
        _mail("smtp_5xx", Mail.GREETS_5XX),
        _mail("smtp_late", Mail.GREETS_LATE),
        _mail("smtp_mute", Mail.MUTE),
        _mail("smtp_closes", Mail.CLOSES),
        _mail("smtp_not_smtp", Mail.NOT_SMTP),
        _mail("smtp_helo_only", Mail.HELO_ONLY),
        _mail("smtp_refuses_starttls", Mail.REFUSES_STARTTLS),
        _mail("smtp_breaks_tls", Mail.BREAKS_TLS),
        _mail("smtp_multiline", Mail.MULTILINE),
        _mail("smtp_other_name", Mail.OTHER_NAME),
        _mail("smtp_other_certificate", Mail.OTHER_CERTIFICATE),
        _mail("smtp_refuses_hello", Mail.REFUSES_HELLO),
        _mail("smtp_leaves", Mail.LEAVES),
    )
}
