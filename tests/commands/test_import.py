"""The command `scrapy import`."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest

from simnet.internet import ALLOWED_NETWORKS
from tests.finished import Finished
from tests.importers import older
from tests.typed import ROOT, command, run

pytestmark = pytest.mark.crawl

RUN = "2022-05-06__07-08-09"


@pytest.fixture
def folder(tmp_path):
    """One domain, and a broken line."""
    place = tmp_path / "csv" / "test" / RUN
    place.mkdir(parents=True)
    (place / "MX_test.log").write_bytes(b"MX,a.test,mx.test.,1.1.1.1,n/a,10\r\nMX,b.test\r\n")
    return tmp_path / "csv"


def test_csv_becomes_a_database(folder, tmp_path):
    """The output has the number of domains, the path, and the line that was left out."""
    target = tmp_path / f"ips-{RUN}.db"
    ended = run("import", "csv", folder, "--run", RUN, "-s", f"OUTPUT_DIR={tmp_path}")

    assert 0 == ended.returncode, ended.stderr
    assert f"1 domains in {target}; broken lines skipped: 1\n" == ended.stdout
    assert f"test/{RUN}/MX_test.log line 2 skipped: 2 columns, not 6" in ended.stderr
    assert 0 == run("summary", target).returncode


def test_a_database_of_2022_is_converted(finished: Finished, tmp_path):
    """The run is in its name; the summary of the result counts the same domains, hosts and addresses."""
    old = older.write(finished.path, tmp_path / f"ips-{RUN}.db")
    ended = run(
        "import", "legacy", old, "--into", tmp_path / "new.db", "-s", f"PROBE_ALLOWED_NETWORKS={ALLOWED_NETWORKS}"
    )
    assert 0 == ended.returncode, ended.stderr

    assert f"{len(finished.expected.domains):,} domains in {tmp_path / 'new.db'}\n" == ended.stdout
    summed = run("summary", tmp_path / "new.db")
    assert 0 == summed.returncode, summed.stderr
    assert f"Crawl {RUN}" in summed.stdout


def test_invalid_arguments_are_reported(folder, tmp_path):
    """An error and status 2, no traceback, and nothing is written."""
    existing = tmp_path / "there.db"
    existing.write_text("precious")
    for arguments, code in (
        ((), "ARGUMENT_MISSING"),
        (("xml", folder), "ARGUMENT_MISSING"),
        (("csv", folder), "IMPORT_RUN_MISSING"),
        (("csv", folder, "--run", "2022"), "IMPORT_RUN_INVALID"),
        (("csv", folder, "--run", "2021-01-01__00-00-00"), "IMPORT_RUN_MISSING"),
        (("csv", tmp_path / "none", "--run", RUN), "IMPORT_EMPTY"),
        (("csv", folder, "--run", RUN, "--into", existing), "OUTPUT_EXISTS"),
        (("csv", folder, "--run", RUN, "-s", "PROBE_ALLOWED_NETWORKS=x"), "SETTING_INVALID"),
        (("legacy", existing), "IMPORT_RUN_MISSING"),
        (("legacy", existing, "--run", RUN), "IMPORT_NOT_READABLE"),
        (("legacy", tmp_path / "none.db", "--run", RUN), "IMPORT_NOT_READABLE"),
    ):
        ended = run("import", *arguments, *([] if "--into" in arguments else ["--into", tmp_path / "new.db"]))
        assert 2 == ended.returncode, arguments
        assert code in ended.stderr, arguments
        assert "Traceback" not in ended.stderr
    assert {folder, existing} == set(tmp_path.iterdir())


def test_ctrl_c_leaves_nothing(tmp_path):
    """An interrupted import ends with the status of interrupted commands, and can be started again."""
    place = tmp_path / "csv" / "test" / RUN
    place.mkdir(parents=True)
    (place / "MX_test.log").symlink_to(_endless(tmp_path))
    process = subprocess.Popen(
        command("import", "csv", tmp_path / "csv", "--run", RUN, "--into", tmp_path / "new.db"),
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    part = tmp_path / "new.db.part"
    # Rows are on disk: the file exists before it is claimed.
    while not (part.exists() and part.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert 130 == process.returncode
    assert "Traceback" not in errors
    assert not list(tmp_path.glob("new.db*"))


def _endless(place: Path) -> Path:
    """Return the path of a file that takes long to read."""
    path = place / "long.log"
    with path.open("wb") as stream:
        for number in range(300_000):
            stream.write(b"MX,d%d.test,mx%d.test.,n/a,n/a,10\r\n" % (number, number))
    return path
