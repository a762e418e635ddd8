"""GeoIP files: downloaded, verified, and installed in place of older ones."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import maxminddb
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from scrapy.settings import BaseSettings

from ipv6matrix import settings as project
from ipv6matrix.exceptions import DownloadError, GeoIpError
from ipv6matrix.reference.geoip import GeoIp, verify
from ipv6matrix.reference.geoip_files import ATTRIBUTIONS, GeoIpFiles
from ipv6matrix.reference.transfer import Transfer
from tests.reference import published

KINDS = {
    "GEOIP_CITY_DB": ("GeoLite2-City", {"country": {"iso_code": "DE", "names": {"en": "Germany"}}}),
    "GEOIP_ASN_DB": (
        "GeoLite2-ASN",
        {"autonomous_system_number": 64498, "autonomous_system_organization": "Spree"},
    ),
}
LITE_TYPES = {"GEOIP_CITY_DB": "DBIP-City-Lite", "GEOIP_ASN_DB": "DBIP-ASN-Lite (compat=GeoLite2-ASN)"}
STEMS = {"GEOIP_CITY_DB": "dbip-city-lite", "GEOIP_ASN_DB": "dbip-asn-lite"}
TODAY = dt.datetime.now(dt.UTC).date()
MONTH, MONTH_BEFORE = f"{TODAY:%Y-%m}", f"{TODAY.replace(day=1) - dt.timedelta(days=1):%Y-%m}"


def mmdb(
    folder, setting="GEOIP_CITY_DB", *, built_at=1_750_000_000, form=None, record=None, networks=("198.18.0.0/15",)
):
    """Return the bytes of a file of this type and build time."""
    named, usual = KINDS[setting]
    writer = MMDBWriter(6, form or named, languages=["en"], description="made for a test", ipv4_compatible=True)
    writer.insert_network(IPSet(networks), usual if record is None else record)
    path = folder / "made.mmdb"
    writer.to_db_file(str(path))
    content = path.read_bytes()
    path.unlink()
    return rebuilt(content, built_at)


def rebuilt(content, built_at):
    """Set the build time of a file: 8 octets after the key build_epoch (MaxMind DB format, a uint64)."""
    at = content.rindex(b"build_epoch") + len(b"build_epoch")
    size = content[at] & 0x1F
    return content[: at + 2] + built_at.to_bytes(size, "big") + content[at + 2 + size :]


@pytest.fixture
def settings(site, tmp_path):
    values = {name: getattr(project, name) for name in dir(project) if name.isupper()}
    return BaseSettings(values | published.settings(site, tmp_path))


@pytest.fixture
def account(settings, tmp_path):
    """Return settings with an account at MaxMind."""
    (tmp_path / "key").write_text("secret\n")
    settings.update({"GEOIP_ACCOUNT_ID": "17", "GEOIP_LICENSE_KEY_FILE": str(tmp_path / "key")})


def update(settings, setting="GEOIP_CITY_DB"):
    with Transfer.from_settings(settings) as transfer:
        transfer._pause_s = 0
        return GeoIpFiles(settings, transfer).update(setting)


def refused(settings, setting="GEOIP_CITY_DB"):
    with pytest.raises(DownloadError) as raised:
        update(settings, setting)
    return raised.value


def left(folder):
    return sorted(file.name for file in (folder / "geoip").iterdir())


@pytest.mark.parametrize("setting", KINDS)
def test_files_of_dbip_are_fetched_without_an_account(site, settings, tmp_path, setting):
    """The file of this month is installed and usable."""
    published.put_dbip(site, STEMS[setting], MONTH, mmdb(tmp_path, setting, form=LITE_TYPES[setting]))
    done = update(settings, setting)

    assert (True, LITE_TYPES[setting], 1_750_000_000) == (done.is_new, done.build.type, done.build.built_at)
    assert [done.path.name] == left(tmp_path)
    assert done.build == verify(setting, done.path)


@pytest.mark.parametrize(("setting", "edition"), [(name, kind[0]) for name, kind in KINDS.items()])
def test_files_of_maxmind_are_fetched_with_an_account(site, settings, account, tmp_path, setting, edition):
    """
    The checksum of the archive is verified, and the file in it is installed; the key is sent as basic authentication.
    """
    published.put_maxmind(site, edition, mmdb(tmp_path, setting))
    done = update(settings, setting)

    assert (True, edition) == (done.is_new, done.build.type)
    assert [done.path.name] == left(tmp_path)
    assert {"Basic MTc6c2VjcmV0"} == set(site.fields("Authorization"))


def test_the_previous_month_is_used_until_the_current_one_is_published(site, settings, tmp_path):
    """DB-IP publishes on the first days of a month."""
    published.put_dbip(site, "dbip-city-lite", MONTH_BEFORE, mmdb(tmp_path, form="DBIP-City-Lite"))

    assert update(settings).is_new
    assert [f"/dbip/dbip-city-lite-{month}.mmdb.gz" for month in (MONTH, MONTH_BEFORE)] == site.paths


def test_without_any_month_the_error_has_the_url(site, settings):
    """The error names the publisher and the requested file."""
    error = refused(settings)

    assert ("DOWNLOAD_FAILED", 404) == (error.code, error.status)
    assert "GeoLite2-City of DB-IP" in error.message
    assert f"{site.url}/dbip/dbip-city-lite-{MONTH_BEFORE}.mmdb.gz" in error.message


def test_a_newer_file_replaces_an_older_one(site, settings, tmp_path):
    """A process that has the older one open can go on reading it."""
    published.put_dbip(site, "dbip-city-lite", MONTH, mmdb(tmp_path))
    path = update(settings).path
    before = GeoIp(str(path), None)
    published.put_dbip(site, "dbip-city-lite", MONTH, mmdb(tmp_path, built_at=1_760_000_000))
    done = update(settings)

    assert (True, 1_760_000_000) == (done.is_new, done.build.built_at)
    assert "DE" == before.locate("198.18.0.1").country_code
    assert 1_760_000_000 == verify("GEOIP_CITY_DB", path).built_at
    before.close()


def test_an_older_file_changes_nothing(site, settings, tmp_path):
    """The installed file stays and is reported."""
    published.put_dbip(site, "dbip-city-lite", MONTH, mmdb(tmp_path))
    path = update(settings).path
    content = path.read_bytes()
    published.put_dbip(site, "dbip-city-lite", MONTH, mmdb(tmp_path, built_at=1_740_000_000))
    done = update(settings)

    assert (False, 1_750_000_000) == (done.is_new, done.build.built_at)
    assert content == path.read_bytes()
    assert ["city.mmdb"] == left(tmp_path)


def test_the_same_build_is_up_to_date(site, settings, tmp_path):
    """The same file is not reported as new."""
    published.put_dbip(site, "dbip-city-lite", MONTH, mmdb(tmp_path))

    assert [True, False] == [update(settings).is_new, update(settings).is_new]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda content: b"<html>sorry</html>", "DOWNLOAD_FAILED"),
        (lambda content: gzip.compress(content)[:-200], "DOWNLOAD_FAILED"),
        (lambda content: b"", "GEOIP_INVALID"),
        (lambda content: gzip.compress(b"<html>sorry</html>"), "GEOIP_INVALID"),
        (lambda content: gzip.compress(content[:-50]), "GEOIP_INVALID"),
    ],
)
def test_an_invalid_file_leaves_the_old_one(site, settings, tmp_path, spoil, code):
    """
    For an HTML page, a truncated or an empty file, the error has the reason and says that the old file is still in use.
    """
    published.put_dbip(site, "dbip-city-lite", MONTH, mmdb(tmp_path))
    path = update(settings).path
    content = path.read_bytes()
    site.put(f"/dbip/dbip-city-lite-{MONTH}.mmdb.gz", spoil(content), etag='"2"')
    error = refused(settings)

    assert code == error.code
    assert "the existing file is unchanged" in error.message
    assert content == path.read_bytes()
    assert ["city.mmdb"] == left(tmp_path)


@pytest.mark.parametrize(
    ("made", "part"),
    [
        ({"form": "GeoLite2-ASN"}, "GeoLite2-ASN"),
        ({"form": "DBIP-Country-Lite"}, "DBIP-Country-Lite"),
        ({"record": {"novelty": 1}}, "knows no address"),
        ({"record": {"location": "here"}}, "Location() argument"),
    ],
)
def test_a_file_without_data_is_not_used(site, settings, tmp_path, made, part):
    """The type must be right, and some of the first networks must have a place."""
    published.put_dbip(site, "dbip-city-lite", MONTH, mmdb(tmp_path, **made))
    error = refused(settings)

    assert "GEOIP_INVALID" == error.code
    assert part in error.message
    assert [] == left(tmp_path)


def test_a_rejected_account_is_reported(site, settings, account):
    """The error names both settings, and not the key."""
    site.put("/maxmind/GeoLite2-City/download?suffix=tar.gz.sha256", "", steps=["401"])
    error = refused(settings)

    assert ("GEOIP_ACCOUNT_REJECTED", 401) == (error.code, error.status)
    assert [True, True, False] == [
        part in error.message for part in ("GEOIP_ACCOUNT_ID", "GEOIP_LICENSE_KEY_FILE", "secret")
    ]


def test_an_archive_with_another_checksum_is_not_used(site, settings, account, tmp_path):
    """A modified archive is never unpacked."""
    published.put_maxmind(site, "GeoLite2-City", mmdb(tmp_path), digest="0" * 64)

    assert "SHA-256" in refused(settings).message
    assert [] == left(tmp_path)


def test_an_archive_without_a_file_is_reported(site, settings, account, tmp_path):
    """The error says that the tar file contains something else."""
    published.put_maxmind(site, "GeoLite2-City", b"")
    archive = published.tarred("README", b"")
    site.put("/maxmind/GeoLite2-City/download?suffix=tar.gz", archive)
    digest = published.hashlib.sha256(archive).hexdigest()
    site.put("/maxmind/GeoLite2-City/download?suffix=tar.gz.sha256", digest)

    assert "mmdb" in refused(settings).message


def test_a_read_only_folder_is_reported(site, settings, tmp_path):
    """The error names the file that could not be written."""
    (tmp_path / "geoip").write_text("a file")

    error = refused(settings)

    assert "GeoLite2-City of DB-IP" in error.message
    assert str(tmp_path / "geoip") in error.message


def test_each_provider_has_its_attribution(settings, tmp_path):
    """The licences require attribution."""
    with Transfer.from_settings(settings) as transfer:
        assert "CC BY 4.0" in ATTRIBUTIONS[GeoIpFiles(settings, transfer).provider]
        (tmp_path / "key").write_text("secret")
        settings.update({"GEOIP_ACCOUNT_ID": "17", "GEOIP_LICENSE_KEY_FILE": str(tmp_path / "key")})
        assert "MaxMind" in ATTRIBUTIONS[GeoIpFiles(settings, transfer).provider]


def test_a_file_is_verified_by_lookups(tmp_path):
    """Type and build time are those of its metadata; a missing file is an error that names its setting."""
    path = tmp_path / "city.mmdb"
    path.write_bytes(mmdb(tmp_path, built_at=1_700_000_001))
    with maxminddb.open_database(path) as reader:
        metadata = reader.metadata()

    assert (metadata.database_type, metadata.build_epoch) == ("GeoLite2-City", 1_700_000_001)
    assert 1_700_000_001 == verify("GEOIP_CITY_DB", path).built_at
    with pytest.raises(GeoIpError, match=r"nowhere\.mmdb"):
        verify("GEOIP_ASN_DB", Path("nowhere.mmdb"))
