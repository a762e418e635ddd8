"""Building a read model."""

from __future__ import annotations

import duckdb
import pytest
from filelock import FileLock

from ipv6matrix.exceptions import ExportError
from ipv6matrix.summaries import source
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish, remove
from ipv6matrix.summaries.rows import DomainRow
from ipv6matrix.summaries.tables import ALL_TABLES
from ipv6matrix.web.read_model import build as building
from ipv6matrix.web.read_model import schema
from ipv6matrix.web.read_model.build import build, newest, path_prefix
from tests.web import summaries
from tests.web.summaries import DATES, ROWS


@pytest.fixture
def url(tmp_path):
    return summaries.sqlite(tmp_path)


def content(file):
    """Return the rows of each table."""
    with duckdb.connect(str(file), read_only=True) as model:
        names = ("Domains", *(summed.name for table in schema.SUMS.items() for summed in table), "Idn", "Versions")
        return {name: model.execute(f"FROM {name}").fetchall() for name in names}


def test_only_changed_dates_are_read_again(url, tmp_path, monkeypatch):
    """Other dates are copied from the last file; the result equals a complete build."""
    build(url, tmp_path)
    with Database(url) as database:
        without_domains = [row for row in ROWS if row.date == DATES[1] and not isinstance(row, DomainRow)]
        publish(database, DATES[1], without_domains, replace=True)
        with database.write() as connection:
            remove(connection, DATES[0])
    read = []
    rows = source.rows
    monkeypatch.setattr(source, "rows", lambda *given: read.append(given[-1]) or rows(*given))

    contents = content(build(url, tmp_path))

    assert [[DATES[1]]] * len(ALL_TABLES) == read
    whole = content(build(url, tmp_path / "another"))
    assert {name: sorted(values, key=repr) for name, values in whole.items()} == {
        name: sorted(values, key=repr) for name, values in contents.items()
    }
    assert {DATES[2]} == {row[0] for row in contents["Domains"]}


def test_nothing_new_is_no_new_file(url, tmp_path):
    """Without changes the file stays; a new file has a new name, and the old one is removed."""
    first = build(url, tmp_path)

    assert first == build(url, tmp_path)
    with Database(url) as database:
        publish(database, DATES[0], [], replace=True)
    second = build(url, tmp_path)
    assert second != first
    assert [second] == list(tmp_path.glob("*.duckdb"))


def test_readers_keep_the_old_file(url, tmp_path):
    """A reader with an open file sees one state until it closes it."""
    old = build(url, tmp_path)
    with duckdb.connect(str(old), read_only=True) as model:
        before = model.execute("SELECT count(*) FROM Domains").fetchall()
        with Database(url) as database:
            publish(database, DATES[0], [], replace=True)
        build(url, tmp_path)

        assert before == model.execute("SELECT count(*) FROM Domains").fetchall()


@pytest.mark.parametrize("step", ["_replace", "_list_names", "_describe"])
def test_a_build_that_fails_leaves_the_old_file(url, tmp_path, monkeypatch, step):
    """A failed build leaves the old file and nothing else."""
    old = build(url, tmp_path)
    with Database(url) as database:
        publish(database, DATES[0], [], replace=True)

    def fail(*_):
        raise duckdb.IOException("No space left on device")

    monkeypatch.setattr(building, step, fail)
    with pytest.raises(ExportError, match=r"cannot write the read model .*No space left.* READ_MODEL_DIR"):
        build(url, tmp_path)

    assert {old.name, "matrix.db", f"{path_prefix(tmp_path, url).name}.lock"} >= {
        path.name for path in tmp_path.iterdir() if "matrix.db-" not in path.name
    }


@pytest.mark.parametrize("damage", [lambda file: file.write_bytes(b"x" * 9_000), lambda file: file.write_bytes(b"")])
def test_a_damaged_file_is_built_anew(url, tmp_path, damage):
    """A damaged file is rebuilt completely."""
    file = build(url, tmp_path)
    damage(file)

    assert len(ROWS) > len(content(build(url, tmp_path))["Domains"]) > 0


def test_a_killed_build_does_no_harm(url, tmp_path):
    """A partial file is replaced, and its log of writes is not applied to the new one."""
    partial = tmp_path / f"{path_prefix(tmp_path, url).name}-000001.duckdb.part"
    with duckdb.connect(str(partial)) as killed:
        killed.execute("PRAGMA disable_checkpoint_on_shutdown")
        killed.execute("CREATE TABLE About (written INTEGER)")

    assert partial.with_name(f"{partial.name}.wal").stat().st_size > 0
    assert content(build(url, tmp_path))["Domains"]


def test_a_file_of_another_format_is_built_anew(url, tmp_path, monkeypatch):
    """A file of another version of this software is rebuilt."""
    first = build(url, tmp_path)
    monkeypatch.setattr(schema, "FORMAT", schema.FORMAT + 1)

    assert first != build(url, tmp_path)


def test_one_process_builds_at_a_time(url, tmp_path, monkeypatch):
    """A process that waited for another build uses its result."""
    file = build(url, tmp_path)
    entered = []

    class Lock(FileLock):
        def __enter__(self):
            entered.append(self.lock_file)
            return super().__enter__()

    monkeypatch.setattr(building, "FileLock", Lock)

    assert file == build(url, tmp_path)
    assert 1 == len(entered)


def test_two_databases_have_two_models(url, tmp_path):
    """Databases in one folder have separate read models."""
    other = f"sqlite:///{tmp_path / 'other.db'}"
    with Database(other) as database:
        database.prepare()

    assert path_prefix(tmp_path, url) != path_prefix(tmp_path, other)
    build(url, tmp_path)
    assert [] == content(build(other, tmp_path))["Domains"]
    assert content(newest(path_prefix(tmp_path, url)))["Domains"]


def test_a_folder_that_cannot_be_made_is_an_error(url, tmp_path):
    """The error names the setting that selects another folder."""
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="READ_MODEL_DIR"):
        build(url, tmp_path / "file")
