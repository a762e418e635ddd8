"""
The tables of a read model: those of the summaries, names in their own letters, and what the file itself is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from duckdb import DuckDBPyConnection
from sqlalchemy import BigInteger, Column, Date, Double, Integer, MetaData, String, Table

from ipv6matrix.readiness.levels import Level
from ipv6matrix.summaries.source import SEPARATOR
from ipv6matrix.summaries.tables import ALL_TABLES, DOMAIN_PENETRATION, HOST_DATA, REACHABILITY, READINESS_COUNTS

FORMAT: Final = 6
"Of the file: a model of another format is built anew."

IDN: Final = Table("Idn", MetaData(), Column("unicode", String()), Column("domain", String()))
"Domains with A-labels, by how they are written in their own letters."

NAMES: Final = Table("Names", MetaData(), Column("domain", String()))
"The distinct names of all crawls, in order."


_READINGS: Final = ("certain", "possible")
LEVELS: Final = Table(
    "ReadinessLevels",
    MetaData(),
    *(Column(column.name, column.type, primary_key=True) for column in READINESS_COUNTS.primary_key.columns[:-1]),
    *(Column(name, Integer()) for name in ("domains", "unknown")),
    *(Column(f"{reading}_{level:d}", Integer()) for reading in _READINGS for level in Level),
)
"""
A view of ReadinessCounts with a column for each level, `certain_0` to `possible_6`, instead of a row.

A row of an answer has the counts of all levels.
"""


def _sums(table: Table) -> Table:
    kinds = [BigInteger() if isinstance(column.type, Integer) else column.type for column in table.columns]
    return Table(f"{table.name}Sums", MetaData(), *map(Column, table.columns.keys(), kinds))


SUMS: Final = {table: _sums(table) for table in (DOMAIN_PENETRATION, HOST_DATA, REACHABILITY, LEVELS)}
"""
The sums over a table by date, by date and country, and by date and TLD. What is summed over is NULL.
Those of readiness are by list as well, and also by rank bracket.

Without them an answer by TLD groups 1.4 million rows of sixty crawls, for however few rows it shows.
"""

# Columns of keys that are never summed over, and those by which sums are.
_KEPT: Final = ("date", "tag")
_SUMMED_BY: Final = ("country", "tld", "bracket")

_ABOUT: Final = "CREATE TABLE About (format INTEGER, source VARCHAR, built_at TIMESTAMP)"
_VERSIONS: Final = "CREATE TABLE Versions (date DATE, tag VARCHAR)"


def create(connection: DuckDBPyConnection) -> None:
    """Create all tables."""
    connection.execute(_ABOUT)
    connection.execute(_VERSIONS)
    connection.execute("CREATE TABLE Names (domain VARCHAR)")
    connection.execute("CREATE TABLE Idn (unicode VARCHAR, domain VARCHAR)")
    for table in (*ALL_TABLES, *SUMS.values()):
        connection.execute(f'CREATE TABLE "{table.name}" ({", ".join(map(_definition, table.columns))})')
    connection.execute(f'CREATE VIEW "{LEVELS.name}" AS SELECT {", ".join(_by_level())} FROM "{READINESS_COUNTS.name}"')


def insertion(table: Table) -> str:
    """Return the statement that splits the texts of the view `batch` and inserts them."""
    values = ", ".join(_value(number, column) for number, column in enumerate(table.columns, 1))
    return (
        f'INSERT INTO "{table.name}" SELECT {values} FROM'
        f" (SELECT string_split(text, '{SEPARATOR}') AS parts FROM batch)"
        " WHERE try_cast(parts[1] AS DATE) IS NOT NULL"
    )


def kept_columns(table: Table) -> list[Column[Any]]:
    """Return the columns that each row of the sums has a value of."""
    return [column for column in table.primary_key.columns if column.name in _KEPT]


def summed_by(table: Table) -> list[Column[Any]]:
    """Return the columns that sums are by, besides those that are kept: a row has a value of at most one."""
    return [column for column in table.columns if column.name in _SUMMED_BY]


def summation(table: Table) -> str:
    """Return the statement that inserts the sums over the rows of some dates."""
    fixed = ", ".join(column.name for column in kept_columns(table))
    by = [column.name for column in summed_by(table)]
    sets = ", ".join(f"({each})" for each in (fixed, *(f"{fixed}, {name}" for name in by)))
    keys = (fixed, *by)
    names = [column.name for column in table.columns if not column.primary_key]
    values = ", ".join((*keys, *(f'sum("{name}")' for name in names)))
    return (
        f'INSERT INTO "{SUMS[table].name}" ({", ".join((*keys, *names))}) SELECT {values} FROM "{table.name}"'
        f" WHERE list_contains(?, date) GROUP BY GROUPING SETS ({sets}) ORDER BY {', '.join(keys)}"
    )


def ordered(table: Table) -> str:
    """Return the order of rows in which questions read few of them."""
    return ", ".join(f'"{column.name}"' for column in table.primary_key.columns)


def _by_level() -> Iterator[str]:
    yield from LEVELS.primary_key.columns.keys()
    # The certain level of a domain is counted once, and so is a domain.
    yield "certain AS domains"
    yield "unknown"
    for reading in _READINGS:
        for level in Level:
            yield f"CASE WHEN level = {level:d} THEN {reading} ELSE 0 END AS {reading}_{level:d}"


def _definition(column: Column[Any]) -> str:
    return f'"{column.name}" {_kind(column)}'


def _kind(column: Column[Any]) -> str:
    if isinstance(column.type, Date):
        return "DATE"
    if isinstance(column.type, Double):
        return "DOUBLE"
    if isinstance(column.type, BigInteger):
        return "BIGINT"
    return "INTEGER" if isinstance(column.type, Integer) else "VARCHAR"


def _value(number: int, column: Column[Any]) -> str:
    kind = _kind(column)
    if kind == "VARCHAR":
        return f"parts[{number}]"
    value = f"try_cast(parts[{number}] AS {kind})"
    return value if column.nullable or kind == "DATE" else f"coalesce({value}, 0)"
