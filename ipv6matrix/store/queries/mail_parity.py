"""
Whether the mail server of a host is the same over both families.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from ipv6matrix.store.database import Store
from ipv6matrix.store.queries.both_families import BOTH, UNSENT


class Mail(StrEnum):
    """How the sessions of both families compare; of several differences, the first of this list counts."""

    UNTESTABLE = "untestable"
    ONLY_V4 = "only_v4"
    ONLY_V6 = "only_v6"
    STARTTLS_ONLY_V4 = "starttls_only_v4"
    STARTTLS_ONLY_V6 = "starttls_only_v6"
    CERTIFICATE_DIFFERS = "certificate_differs"
    GREETING_DIFFERS = "greeting_differs"
    SAME = "same"


class MailHost(NamedTuple):
    """A mail host that has addresses of both families."""

    host: str
    outcome: Mail


def hosts(store: Store) -> Iterator[MailHost]:
    """Yield the mail exchangers whose port 25 was probed over both families."""
    return (MailHost(host, Mail(outcome)) for host, outcome in store.stream(_HOSTS))


# A server works if it greets with 220. One that refuses to talk for now (421), or whose session broke off before its
# STARTTLS was known, cannot be compared. The first word of a greeting is the name of the server (RFC 5321 section
# 4.2); what follows often contains the time.
_SIDE: Final = f"""
    SELECT ports.address_id, open, ports.failure IN {UNSENT} OR greeting_code = 421 AS unknown,
           ifnull(greeting_code = 220, 0) AS works, starttls, certificate_sha256,
           substr(greeting, 1, instr(greeting || ' ', ' ') - 1) AS name
    FROM ports LEFT JOIN smtp_sessions ON smtp_sessions.address_id = ports.address_id WHERE port = 25"""
_HOSTS: Final = f"""
    WITH both AS ({BOTH}), side AS ({_SIDE})
    SELECT host, CASE
        WHEN ifnull(four.unknown, 0) OR ifnull(six.unknown, 0) OR NOT (four.works OR six.works) THEN 'untestable'
        WHEN NOT six.works THEN 'only_v4'
        WHEN NOT four.works THEN 'only_v6'
        WHEN (four.starttls IS NULL) <> (six.starttls IS NULL) THEN 'untestable'
        WHEN four.starttls = 'accepted' AND six.starttls <> 'accepted' THEN 'starttls_only_v4'
        WHEN six.starttls = 'accepted' AND four.starttls <> 'accepted' THEN 'starttls_only_v6'
        WHEN four.certificate_sha256 <> six.certificate_sha256 THEN 'certificate_differs'
        WHEN four.name <> six.name THEN 'greeting_differs'
        ELSE 'same' END
    FROM both JOIN side AS four ON four.address_id = four_id JOIN side AS six ON six.address_id = six_id
    WHERE EXISTS (SELECT 1 FROM roles WHERE roles.host_id = both.host_id AND kind = 'MX')"""
