"""
The tables of what is prepared. They belong to the totals, and are made and dropped with them.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, Table

from ipv6matrix.summaries import totals
from ipv6matrix.summaries.tables import STORAGE

COLUMNS: Final = Table(
    "TotalsByColumn",
    totals.METADATA,
    Column("summary", sa.String(20), primary_key=True),
    Column("level", sa.String(40), primary_key=True),
    Column("part", sa.String(80), primary_key=True),
    Column("name", sa.String(20), primary_key=True),
    Column("date", sa.Date(), primary_key=True),
    Column("length", sa.Integer(), nullable=False),
    # MariaDB makes it a type that holds as much.
    Column("data", sa.LargeBinary(2**24 - 1), nullable=False),
    **STORAGE,
)
"""
By summary table, level and column; `part` is empty or like `tld=com`, `length` counts values.

Figures are eight octets each, integers or doubles in little endian; words are
text, before it where each begins and the last one ends, four octets each. All is
one LZ4 block, with four octets of its length before.
"""

PIECES: Final = Table(
    "TotalsAsText",
    totals.METADATA,
    Column("tag", sa.String(12), primary_key=True),
    Column("resource", sa.String(20), primary_key=True),
    Column("country", sa.String(2), primary_key=True),
    Column("form", sa.String(4), primary_key=True),
    Column("date", sa.Date(), primary_key=True),
    Column("crc", sa.BigInteger(), nullable=False),
    Column("length", sa.Integer(), nullable=False),
    Column("data", sa.LargeBinary(2**24 - 1), nullable=False),
    **STORAGE,
)
"""
Rows by TLD; of one country, or of all where that is empty. `tag` tells which way of writing they have.

`data` is deflated up to a full flush; `crc` and `length` are those of the text.
"""
CHANGES: Final = Table(
    "DomainChanges",
    totals.METADATA,
    Column("date", sa.Date(), primary_key=True),
    Column("domain", sa.String(253), primary_key=True),
    Column("country", sa.String(2), nullable=False),
    Column("gained", sa.Integer(), nullable=False),
    **STORAGE,
)
"Domains that gained IPv6 (1) or lost it (0) since the crawl before."

COMPARISONS: Final = Table(
    "Comparisons",
    totals.METADATA,
    Column("date", sa.Date(), primary_key=True),
    Column("before", sa.Date(), nullable=False),
    **STORAGE,
)
"With which crawl a date was compared for DomainChanges; the first crawl has none."

STATES: Final = Table(
    "DomainStates",
    totals.METADATA,
    Column("date", sa.Date(), primary_key=True),
    Column("state", sa.String(7), primary_key=True),
    Column("domains", sa.Integer(), nullable=False),
    Column("is_listed", sa.Integer(), nullable=False),
    **STORAGE,
)
"How many domains of a date have IPv6 (yes, no, unknown), and whether RareDomains lists them."

LISTED: Final = Table(
    "RareDomains",
    totals.METADATA,
    Column("date", sa.Date(), primary_key=True),
    Column("state", sa.String(7), primary_key=True),
    Column("domain", sa.String(253), primary_key=True),
    Column("country", sa.String(2), nullable=False),
    sa.Index("RareDomains_country", "date", "state", "country", "domain"),
    **STORAGE,
)
"The domains of states that few are in."
