"""robots.txt."""

from __future__ import annotations

from urllib.robotparser import RobotFileParser


async def test_pages_may_be_found_and_data_need_not(web):
    """
    As robots read it.
    """
    answer = await web.get("/robots.txt")
    robots = RobotFileParser()
    robots.parse(answer.text.splitlines())

    assert "text/plain; charset=utf-8" == answer.headers["content-type"]
    assert [True, True, False, False] == [
        robots.can_fetch("any", path) for path in ("/", "/hosts/country-DE", "/json/hosts", "/api/v1/hosts")
    ]
