"""The health check for monitoring."""

from __future__ import annotations

from tests.web import client


async def test_without_data_the_server_is_down(tmp_path):
    """Without data the status is 503 with the state of the database; pages without figures still work."""
    async with client.of(f"sqlite:///{tmp_path / 'none.db'}") as web:
        answer = await web.get("/healthz")
        others = [(await web.get(path)).status_code for path in ("/about", "/api", "/", "/json/hosts")]

    assert (503, "down", None) == (answer.status_code, answer.json()["status"], answer.json()["read_model"])
    assert answer.json()["database"]["reachable"] is False
    assert [200, 200, 503, 503] == others


async def test_no_cache_keeps_it(web):
    """The answer must not be cached, and contains no hosts or users."""
    answer = await web.get("/healthz", headers={"Host": "json.matrix.example"})

    assert (200, "no-store") == (answer.status_code, answer.headers["cache-control"])
    assert "sqlite" not in answer.text
    assert answer.json()["read_model"]["age_s"] >= 0
