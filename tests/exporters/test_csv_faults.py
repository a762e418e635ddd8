"""CSV files when something goes wrong: they are whole, or not there."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from ipv6matrix.exceptions import ExportError, ReadStoppedError
from ipv6matrix.exporters.csv import export
from ipv6matrix.store.database import Store
from tests import opened, typed
from tests.expected_csv import NAMES
from tests.exporters.small import RUN, database, files, small, target
from tests.samples import domain_item
from tools import made_up

# Deadline for polling, in seconds.
PATIENCE_S = 120


def test_exporting_twice_gives_equal_files(tmp_path):
    """Existing files are replaced by equal ones, and leftovers of a killed export are removed."""
    store = small(tmp_path)
    export(store, target(tmp_path / "out"))
    before = files(tmp_path / "out")
    (tmp_path / "out" / "test" / RUN / "MX_test.log").write_text("half of i")
    (tmp_path / "out" / "test" / RUN / "MX_test.log.part").write_text("longer than what belongs there" * 100)

    export(store, target(tmp_path / "out"))

    assert before == files(tmp_path / "out")


@pytest.mark.parametrize("name", ["../up", "..", "up/side", "a.\0"])
def test_no_tld_escapes_the_folder(tmp_path, name):
    """A foreign database with a TLD that is not a valid folder name is rejected."""
    store = database(tmp_path / "ips.db", domain_item("a.test", tld=name))

    with pytest.raises(ExportError, match="CRAWL_INVALID"):
        export(store, target(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("run", ["../../up", "..", ""])
def test_no_run_escapes_the_folder(tmp_path, run):
    """A run that is not a valid folder name is rejected, too."""
    with pytest.raises(ExportError, match="CRAWL_INVALID"):
        export(small(tmp_path, run=run), target(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_database_without_a_crawl_is_rejected(tmp_path):
    """Without a started crawl there is no run to name folders after."""
    Store(tmp_path / "ips.db").close()

    with pytest.raises(ExportError, match="CRAWL_MISSING"):
        export(opened.read(tmp_path / "ips.db"), target(tmp_path / "out"))


def test_an_impossible_folder_is_reported(tmp_path):
    """If OUTPUT_DIR is a file, the error names it and the fix."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(ExportError, match=r"/out/example/.*' \(Not a directory\).*OUTPUT_NOT_WRITABLE"):
        export(small(tmp_path), target(tmp_path / "out"))


def test_a_full_disk_leaves_no_files_of_the_tld(tmp_path):
    """
    If a file cannot be completed, no file of its TLD is published, those of other TLDs stay, and nothing is left
    behind.
    """
    folder = tmp_path / "out" / "test" / RUN
    folder.mkdir(parents=True)
    (folder / "MX_test.log.part").symlink_to("/dev/full")

    with pytest.raises(ExportError, match=r"/test/.*\(No space left on device\).*OUTPUT_NOT_WRITABLE"):
        export(small(tmp_path), target(tmp_path / "out"))
    assert [] == list(folder.iterdir())
    assert len(NAMES) == len(list((tmp_path / "out" / "example" / RUN).iterdir()))


def test_a_stopped_export_leaves_no_partial_files(tmp_path):
    """Unfinished files of a TLD are removed; complete ones stay."""
    path = tmp_path / "ips.db"
    made_up.make(path, 200)
    export(opened.read(path), target(tmp_path / "whole"))
    whole = files(tmp_path / "whole")
    stopped = threading.Event()
    store = opened.read(path, lambda: stopped.is_set() or len(list((tmp_path / "out").glob("*"))) > 3)

    with pytest.raises(ReadStoppedError):
        export(store, target(tmp_path / "out"))

    left = files(tmp_path / "out")
    assert 0 < len(left) < len(whole)
    assert left == {name: whole[name] for name in left}


def test_two_concurrent_exports_do_not_mix(tmp_path):
    """Two exports of the same files wait for each other and have the same result."""
    path = tmp_path / "ips.db"
    made_up.make(path, 200)
    export(opened.read(path), target(tmp_path / "whole"))
    failures = []

    def run():
        try:
            # A connection must be closed in its own thread.
            with closing(Store.read(path)) as store:
                export(store, target(tmp_path / "out"))
        except ExportError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [] == failures
    assert files(tmp_path / "whole") == files(tmp_path / "out")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory):
    """A crawl that takes some seconds to publish, and its files."""
    folder = tmp_path_factory.mktemp("large")
    made_up.make(folder / "ips.db", 1000)
    export(opened.read(folder / "ips.db"), target(folder / "whole"))
    return folder / "ips.db", files(folder / "whole")


@pytest.mark.crawl
@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_moment_loses_nothing(large, tmp_path, seed):
    """Every published file is complete when the kill comes, and a rerun of the command creates all of them."""
    path, whole = large
    random = Random(seed)
    for _ in range(2):
        process = subprocess.Popen(command(path, tmp_path), cwd=typed.ROOT, stdout=subprocess.PIPE)
        wait_for_folders(process, tmp_path, random.randrange(1, 150))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert -signal.SIGKILL == process.returncode
        left = {name: content for name, content in files(tmp_path).items() if not name[-1].endswith(".part")}
        assert left == {name: whole[name] for name in left}

    assert 0 == subprocess.run(command(path, tmp_path), cwd=typed.ROOT, check=False, stdout=subprocess.PIPE).returncode
    assert whole == files(tmp_path)


def command(path: Path, folder: Path) -> list[str]:
    return typed.command("export", "csv", path, OUTPUT_DIR=folder)


def wait_for_folders(process, folder, number):
    """Wait until an export has started this many further TLDs."""
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/*")}
    deadline = time.monotonic() + PATIENCE_S
    while True:
        changed = [path for path in folder.glob("*/*") if path.stat().st_mtime_ns != before.get(path)]
        if len(changed) >= number:
            return
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.002)
