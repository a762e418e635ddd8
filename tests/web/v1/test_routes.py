"""All routes, and the OpenAPI document."""

from __future__ import annotations

from tests.web.summaries import DATES
from tests.web.v1.asking import ask


async def test_the_index_leads_everywhere(web):
    """The index lists the crawls, and each of its links works."""
    index = await ask(web, "")

    assert list(map(str, DATES)) == index["crawls"]
    assert {200} == {(await web.get(link)).status_code for link in index["links"].values()}


async def test_the_document_tells_of_errors_as_they_are(web):
    """The document has 400, 404 and 503 as problem details, and no 422, which is never sent."""
    document = (await web.get("/openapi.json")).json()

    for path, operations in document["paths"].items():
        responses = operations["get"]["responses"]
        assert {"200", "400", "404", "503"} == set(responses), path
        assert "application/problem+json" in responses["400"]["content"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
