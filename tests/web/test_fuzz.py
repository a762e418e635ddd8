"""Both APIs under questions that nobody would ask: never an error of the server, always the shape that is promised."""

from __future__ import annotations

import string
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.web import client

QUIET = settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


PATHS = [
    *("", "/crawls", "/hosts", "/reachability", "/penetration", "/countries", "/tlds", "/domains", "/domains/{name}"),
    *("/domains/{name}/badge.svg", "/changes/domains", "/changes/countries", "/changes/tlds", "/tables"),
    *("/tables/{table}.csv", "/tables/{table}.parquet"),
]


@pytest.fixture(scope="module")
def document(server_url):
    return schemathesis.openapi.from_url(f"{server_url}/openapi.json")


def test_every_path_is_tried(document):
    """
    The document has the paths that are tried here, and no others.
    """
    assert {f"/api/v1{path}" for path in PATHS} == set(document)


@pytest.mark.parametrize(
    ("path", "mode"),
    # Without parameters nothing can be asked wrongly.
    [(path, mode) for path in PATHS for mode in GenerationMode if mode.is_positive or path not in ("", "/tables")],
)
def test_the_document_is_true(document, path, mode):
    """
    Whatever is asked of /api/v1, status, media type and form of the answer are those of the document.
    """

    @QUIET
    @given(case=document[f"/api/v1{path}"]["GET"].as_strategy(generation_mode=mode))
    def ask(case):
        # A parameter without a value is absent: what the document calls a fault may be none.
        case.call_and_validate(excluded_checks=[] if mode.is_positive else [negative_data_rejection])

    ask()


PIECES = [
    *("hosts", "dualstack", "reach", "domains", "group-tld", "group-country", "group-", "country-de", "country-"),
    *("domain-a_b.de", "domain-'", "domain", "search-%", "search-'", "..", "%2e%2e", "%00", "%ff", "", "/", "\u00fc"),
    *("' OR '1'='1", "%27%20UNION%20SELECT%20sql%20FROM%20sqlite_schema--", "{}", "a" * 3000),
]
TEXT = st.one_of(
    st.sampled_from(["de", "WWW,MX", "50", "-1", "1e9", "9" * 400, "'", '"', "%", "\x00", "\ud7ff", ",,"]),
    st.text(max_size=20),
)


@given(
    word=st.sampled_from(["json", "xml", "html", "csv", "data"]),
    pieces=st.lists(st.one_of(st.sampled_from(PIECES), st.text(string.printable, max_size=12)), max_size=4),
    parameters=st.dictionaries(st.sampled_from(["tlds", "types", "min-sample", "x", "'"]), TEXT, max_size=3),
    accept=st.sampled_from(["*/*", "text/csv", "image/png", ",;q=", "a/b;q=9"]),
)
@settings(QUIET, max_examples=300)
async def test_the_api_of_2022_never_fails(sqlite_app, word, pieces, parameters, accept):
    """
    An answer or a refusal, whatever the path and the parameters; never a word of SQL.
    """
    path = quote("/".join(pieces), safe="/%'")
    async with client.over(sqlite_app) as web:
        answer = await web.get(f"/{word}/{path}", params=parameters, headers={"Accept": accept})

    assert answer.status_code in (200, 400, 404, 406)
    assert not [mark for mark in ("SELECT ", "sqlite", "Traceback") if mark in answer.text]
