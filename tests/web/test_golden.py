"""Answers of both APIs equal the recorded ones, byte for byte."""

from __future__ import annotations

import pytest

from tests.web import golden

RECORDED = dict(golden.recorded())


@pytest.mark.parametrize("path", RECORDED)
async def test_an_answer_is_the_recorded_one(web, path):
    """Status, media type and body are those recorded for each resource, group, filter and format."""
    answer = await web.get(path)

    assert RECORDED[path] == [answer.status_code, answer.headers["content-type"], answer.text]
