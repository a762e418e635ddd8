"""
What each address of a name server answers for each of its zones.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from ipv6matrix.items import NameServerAnswer, NameServerItem, NameServerObservation
from ipv6matrix.store.tables.addresses import address_id
from ipv6matrix.store.tables.base import Look, Tables, words
from ipv6matrix.store.tables.domains import domain_id
from ipv6matrix.store.tables.retries import renews

# What may be temporary.
_TRANSIENT: Final = (
    NameServerAnswer.TIMEOUT,
    NameServerAnswer.SERVFAIL,
    NameServerAnswer.BAD_REPLY,
    NameServerAnswer.UNTESTABLE,
)
_UDP: Final = "ns"
_TCP: Final = "ns tcp"

_CREATE: Final = """
    CREATE TABLE name_servers (
        domain_id INTEGER NOT NULL REFERENCES domains,
        address_id INTEGER NOT NULL REFERENCES addresses,
        tcp INTEGER NOT NULL,
        answer TEXT NOT NULL,
        serial INTEGER,
        rtt_ms REAL,
        asked_at INTEGER NOT NULL,
        PRIMARY KEY (domain_id, address_id, tcp)
    ) WITHOUT ROWID"""

_FAILED: Final = f"""
    SELECT domains.name || ' ' || address, name_servers.asked_at, iif(tcp, '{_TCP}', '{_UDP}')
    FROM name_servers JOIN domains ON domains.id = domain_id JOIN addresses ON addresses.id = address_id
    WHERE domain_id > ? AND domain_id <= ? AND answer IN ({words(_TRANSIENT)})
          AND NOT EXISTS (SELECT 1 FROM first_answers WHERE subject = domains.name || ' ' || address
                          AND question = iif(tcp, '{_TCP}', '{_UDP}'))
    ORDER BY domain_id"""


def _save(connection: sqlite3.Connection, item: NameServerItem) -> None:
    for answer in item.zones:
        _save_answer(connection, answer, second=item.second)


def _save_answer(connection: sqlite3.Connection, answer: NameServerObservation, *, second: bool) -> None:
    key = (domain_id(connection, answer.zone), address_id(connection, answer.address), int(answer.tcp))
    if second and not renews(
        connection,
        ("name_servers WHERE domain_id = ? AND address_id = ? AND tcp = ?", key),
        f"{answer.zone} {answer.address}",
        _TCP if answer.tcp else _UDP,
        _TRANSIENT,
        "answer",
    ):
        return
    connection.execute(
        "INSERT INTO name_servers VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (*key, str(answer.answer), answer.serial, answer.rtt_ms, int(answer.asked_at)),
    )


TABLES: Final = Tables(
    create=(_CREATE,),
    looks=(Look(item=NameServerItem, key="domains.id", sql=_FAILED),),
    asked=("SELECT 'name server', count(*) FROM name_servers",),
    errors=(f"SELECT 'name server', answer FROM name_servers WHERE answer <> '{NameServerAnswer.AUTHORITATIVE}'",),
    outcomes={
        f"Answers of name servers over {protocol}": f"SELECT family, answer FROM name_servers"
        f" JOIN addresses ON addresses.id = address_id WHERE tcp = {tcp}"
        for tcp, protocol in enumerate(("UDP", "TCP"))
    },
    figures={"queries to name servers": "SELECT count(*) FROM name_servers"},
    save={NameServerItem: _save},
)
