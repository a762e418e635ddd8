"""What machines must agree on."""

from __future__ import annotations

from scrapy.settings import Settings

from ipv6matrix.cluster.plan import plan
from ipv6matrix.targets.lists import Locations


def test_a_plan_follows_from_the_list_and_what_is_measured(tmp_path):
    """Speed, folders and addresses may differ between machines; list and metrics may not."""
    domains, copy, other = tmp_path / "one", tmp_path / "copy", tmp_path / "other"
    for file, text in ((domains, "a.example\n"), (copy, "a.example\n"), (other, "b.example\n")):
        file.write_text(text)
    settings = {"METRICS": "ping"}
    expected = plan(Settings(settings), Locations(str(domains)))

    assert expected == plan(Settings(settings | {"PROBE_RATE": 7, "JOBDIR": "x"}), Locations(str(copy)))
    assert expected != plan(Settings(settings), Locations(str(other)))
    assert expected != plan(Settings(settings), Locations(str(domains), tag="cities"))
    assert expected != plan(Settings({"METRICS": "ping,trace"}), Locations(str(domains)))


def test_a_list_that_is_not_there_yet_counts_by_its_name():
    """Preflight downloads it."""
    assert plan(Settings(), Locations("tranco")) == plan(Settings(), Locations("tranco"))
    assert plan(Settings(), Locations("tranco")) != plan(Settings(), Locations("majestic"))
