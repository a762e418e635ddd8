"""The tables of a read model."""

from __future__ import annotations

import duckdb

from ipv6matrix.summaries.tables import ALL_TABLES, METADATA
from ipv6matrix.web.read_model import schema


def test_tables_have_the_columns_of_the_summaries():
    """Columns are those of the summaries, in the same order."""
    with duckdb.connect(":memory:") as model:
        schema.create(model)
        for table in ALL_TABLES:
            names = [name for name, *_ in model.execute(f"DESCRIBE {table.name}").fetchall()]
            assert table.columns.keys() == names


def test_a_date_that_is_none_is_left_out():
    """Invalid dates, such as 0000-00-00 in old MySQL tables, are skipped; an invalid number becomes 0."""
    table = METADATA.tables["DomainPenetration"]
    with duckdb.connect(":memory:") as model:
        schema.create(model)
        texts = [schema.SEPARATOR.join([date, "DE", "de", *["x"] * 15]) for date in ("0000-00-00", "2022-07-20")]
        model.execute("CREATE TABLE batch AS SELECT unnest(?) AS text", [texts])
        model.execute(schema.insertion(table))

        ((date, *_, unknown),) = model.execute("SELECT date, country, unknown FROM DomainPenetration").fetchall()
    assert ("2022-07-20", 0) == (str(date), unknown)
