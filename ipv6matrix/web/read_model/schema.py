"""
The tables of a read model: those of the summaries, names in their own letters, and what the file itself is.
"""

from __future__ import annotations

from typing import Any, Final

from duckdb import DuckDBPyConnection
from sqlalchemy import Column, Date, Double, Integer, MetaData, String, Table

from ipv6matrix.summaries.source import SEPARATOR
from ipv6matrix.summaries.tables import METADATA

FORMAT: Final = 2
"Of the file: a model of another format is built anew."

IDN: Final = Table("Idn", MetaData(), Column("unicode", String()), Column("domain", String()))
"Domains with A-labels, by how they are written in their own letters."

NAMES: Final = Table("Names", MetaData(), Column("domain", String()))
"The distinct names of all crawls, in order."

_ABOUT: Final = "CREATE TABLE About (format INTEGER, source VARCHAR, built_at TIMESTAMP)"
_VERSIONS: Final = "CREATE TABLE Versions (date DATE, tag VARCHAR)"


def create(connection: DuckDBPyConnection) -> None:
    """Create all tables."""
    connection.execute(_ABOUT)
    connection.execute(_VERSIONS)
    connection.execute("CREATE TABLE Names (domain VARCHAR)")
    connection.execute("CREATE TABLE Idn (unicode VARCHAR, domain VARCHAR)")
    for table in METADATA.sorted_tables:
        connection.execute(f'CREATE TABLE "{table.name}" ({", ".join(map(_definition, table.columns))})')


def insertion(table: Table) -> str:
    """Return the statement that splits the texts of the view `batch` and inserts them."""
    values = ", ".join(_value(number, column) for number, column in enumerate(table.columns, 1))
    return (
        f'INSERT INTO "{table.name}" SELECT {values} FROM'
        f" (SELECT string_split(text, '{SEPARATOR}') AS parts FROM batch)"
        " WHERE try_cast(parts[1] AS DATE) IS NOT NULL"
    )


def ordered(table: Table) -> str:
    """Return the order of rows in which questions read few of them."""
    return ", ".join(f'"{column.name}"' for column in table.primary_key.columns)


def _definition(column: Column[Any]) -> str:
    return f'"{column.name}" {_kind(column)}'


def _kind(column: Column[Any]) -> str:
    if isinstance(column.type, Date):
        return "DATE"
    if isinstance(column.type, Double):
        return "DOUBLE"
    return "INTEGER" if isinstance(column.type, Integer) else "VARCHAR"


def _value(number: int, column: Column[Any]) -> str:
    kind = _kind(column)
    if kind == "VARCHAR":
        return f"parts[{number}]"
    value = f"try_cast(parts[{number}] AS {kind})"
    return value if column.nullable or kind == "DATE" else f"coalesce({value}, 0)"
