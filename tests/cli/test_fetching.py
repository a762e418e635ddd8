"""What commands that download files have in common."""

from __future__ import annotations

import signal
import subprocess

import pytest

from tests import typed
from tests.reference import published
from tests.reference.test_geoip_files import MONTH
from tests.waiting import until

pytestmark = pytest.mark.crawl

UPDATES = (("lists", "update", "majestic"), ("geoip", "update"))


def started(words, settings):
    command = typed.command(*words, **settings)
    return subprocess.Popen(command, cwd=typed.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("words", UPDATES)
def test_a_failed_download_is_reported(site, tmp_path, words):
    """Exit status 1, nothing on standard output, and an error message instead of a traceback."""
    with started(words, published.settings(site, tmp_path)) as command:
        out, err = command.communicate(timeout=60)

    assert (1, "") == (command.returncode, out)
    assert "[DOWNLOAD_FAILED]" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("words", UPDATES)
def test_invalid_settings_are_reported(site, tmp_path, words):
    """A setting that the command uses is checked before anything is downloaded."""
    settings = published.settings(site, tmp_path) | {"MAJESTIC_URL": "nowhere", "DBIP_URL": "nowhere"}
    with started(words, settings) as command:
        out, err = command.communicate(timeout=60)

    assert (2, "") == (command.returncode, out)
    assert "_URL='nowhere'" in err
    assert "SETTING_INVALID" in err
    assert [] == site.requests


@pytest.mark.parametrize("words", UPDATES)
def test_an_interrupted_command_has_no_traceback(site, tmp_path, words):
    """Ctrl-C while a server is silent ends it with the exit status of a shell."""
    for path in ("/majestic.csv", f"/dbip/dbip-city-lite-{MONTH}.mmdb.gz"):
        site.put(path, 1000 * "x", steps=["silent"])
    with started(words, published.settings(site, tmp_path)) as command:
        until(lambda: site.requests)
        command.send_signal(signal.SIGINT)
        out, err = command.communicate(timeout=60)

    assert (130, "") == (command.returncode, out)
    assert "Traceback" not in err
