"""The command `scrapy geoip`."""

from __future__ import annotations

import time
from functools import partial

import pytest

from tests import typed
from tests.reference import published
from tests.reference.test_geoip_files import KINDS, LITE_TYPES, MONTH, STEMS, mmdb

pytestmark = pytest.mark.crawl


run = partial(typed.run, "geoip")


def test_files_are_fetched_and_listed(site, tmp_path):
    """
    One line for each new file, the attribution, and one line with type, date and age for each file that crawls use.
    """
    settings, built_at = published.settings(site, tmp_path), int(time.time()) - 3 * 86_400 - 60
    for setting in KINDS:
        content = mmdb(tmp_path, setting, form=LITE_TYPES[setting], built_at=built_at)
        published.put_dbip(site, STEMS[setting], MONTH, content)
    ended = run("update", **settings)
    day = time.strftime("%Y-%m-%d", time.gmtime(built_at))
    state = [
        f"GEOIP_CITY_DB: {tmp_path}/geoip/city.mmdb, DBIP-City-Lite of {day}, 3 days old",
        f"GEOIP_ASN_DB: {tmp_path}/geoip/asn.mmdb, DBIP-ASN-Lite (compat=GeoLite2-ASN) of {day}, 3 days old",
    ]

    assert 0 == ended.returncode, ended.stderr
    assert [
        f"{tmp_path}/geoip/city.mmdb is new: DBIP-City-Lite of {day}",
        f"{tmp_path}/geoip/asn.mmdb is new: DBIP-ASN-Lite (compat=GeoLite2-ASN) of {day}",
        "IP Geolocation by DB-IP, https://db-ip.com (CC BY 4.0).",
        *state,
    ] == ended.stdout.splitlines()
    assert state == run(**settings).stdout.splitlines()


def test_missing_old_and_broken_files_are_listed(tmp_path):
    """Each file has a line with the verdict that a crawl would reach."""
    (tmp_path / "city.mmdb").write_bytes(mmdb(tmp_path, built_at=int(time.time()) - 61 * 86_400 - 60))
    (tmp_path / "asn.mmdb").write_text("no database")
    old, broken = run(GEOIP_DIR=tmp_path).stdout.splitlines()

    assert old.endswith(", 61 days old: download a newer one with `scrapy geoip update`")
    assert f"GEOIP_ASN_DB='{tmp_path}/asn.mmdb'" in broken
    assert "GEOIP_INVALID" in broken
    assert ["GEOIP_CITY_DB: no file", "GEOIP_ASN_DB: no file"] == run(GEOIP_DIR=tmp_path / "none").stdout.splitlines()


def test_a_failed_download_is_reported(site, tmp_path):
    """Exit status 1, and one error message."""
    ended = run("update", **published.settings(site, tmp_path))

    assert 1 == ended.returncode
    assert "GeoLite2-City of DB-IP" in ended.stderr
    assert "[DOWNLOAD_FAILED]" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "code"),
    [
        (("download",), {}, "ARGUMENT_INVALID"),
        ((), {"GEOIP_ACCOUNT_ID": "17"}, "SETTING_INVALID"),
    ],
)
def test_invalid_arguments_are_reported(arguments, settings, code):
    """Exit status 2 and an error message."""
    ended = run(*arguments, **settings)

    assert 2 == ended.returncode
    assert code in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
