"""From a source to a complete database, or to none."""

from __future__ import annotations

import pytest

from ipv6matrix.exceptions import ImportRefusedError, StoreError
from ipv6matrix.importers import crawls
from ipv6matrix.importers.complaints import Complaints
from ipv6matrix.importers.eras import Older, Ours
from ipv6matrix.store.database import Store
from ipv6matrix.targets.policy import AddressPolicy
from tests.finished import Finished
from tests.importers import older

RUN = "2022-05-06__07-08-09"
OLDER = Older(AddressPolicy())


@pytest.fixture
def folder(tmp_path):
    """Two TLDs with one domain each."""
    for tld in ("com", "org"):
        place = tmp_path / "csv" / tld / RUN
        place.mkdir(parents=True)
        (place / f"MX_{tld}.log").write_bytes(f"MX,a.{tld},mx.test.,1.1.1.1,n/a,10\r\n".encode())
        (place / f"soa_NS_{tld}.log").write_bytes(f"soa,a.{tld},ns.test,ns.test,0,0,1,root.test,1,2,3,4,5\n".encode())
    return tmp_path / "csv"


def test_all_tlds_are_imported_into_one_database(folder, tmp_path):
    """Domains are counted; the crawl row has the name of the run."""
    number = crawls.from_csv(folder, RUN, tmp_path / "ips.db", Ours(), Complaints())

    assert 2 == number
    store = Store.read(tmp_path / "ips.db")
    crawl = store.crawl()
    assert (RUN, 1_651_820_889, "imported", str(folder)) == (
        crawl["run"],
        crawl["started_at"],
        crawl["version"],
        crawl["list"],
    )
    assert '{"FEATURES": "NS,MX", "METRICS": "soa"}' == crawl["settings"]
    assert [("a.com", "unrecorded", "ok", "ok"), ("a.org", "unrecorded", "ok", "ok")] == store.query(
        "SELECT name, ns_status, mx_status, soa_status FROM domain_figures ORDER BY 1"
    )
    store.close()


def test_a_missing_feature_has_no_status(folder, tmp_path):
    """A feature without files was not requested."""
    for path in folder.rglob("soa_*"):
        path.unlink()
    crawls.from_csv(folder, RUN, tmp_path / "ips.db", Ours(), Complaints())
    store = Store.read(tmp_path / "ips.db")

    assert [(None, "ok", None)] == store.query("SELECT DISTINCT ns_status, mx_status, soa_status FROM domain_figures")
    store.close()


def test_a_missing_run_leaves_no_database(folder, tmp_path):
    """The error lists the existing runs."""
    with pytest.raises(ImportRefusedError, match=f"{RUN}.*IMPORT_RUN_MISSING"):
        crawls.from_csv(folder, "2022-01-01__00-00-00", tmp_path / "ips.db", Ours(), Complaints())
    assert [folder] == list(tmp_path.iterdir())


def test_the_name_of_an_old_database_contains_its_run(finished: Finished, tmp_path):
    """ips-<run>.db needs no --run; another name does."""
    path = older.write(finished.path, tmp_path / f"ips-{RUN}.db")

    assert crawls.from_legacy(path, None, tmp_path / "one.db", OLDER, Complaints())
    with pytest.raises(ImportRefusedError, match="IMPORT_RUN_MISSING"):
        crawls.from_legacy(path.rename(tmp_path / "old.db"), None, tmp_path / "two.db", OLDER, Complaints())


def test_a_truncated_old_database_leaves_no_database(finished: Finished, tmp_path):
    """Rows that were read before the error are not published."""
    path = older.write(finished.path, tmp_path / f"ips-{RUN}.db")
    octets = path.read_bytes()
    path.write_bytes(octets[:8192] + bytes(len(octets) - 8192))

    with pytest.raises(StoreError, match="IMPORT_NOT_READABLE"):
        crawls.from_legacy(path, None, tmp_path / "new.db", OLDER, Complaints())
    assert [path] == list(tmp_path.iterdir())
