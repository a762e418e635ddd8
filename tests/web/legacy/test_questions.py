"""
Parsing of requests.
"""

from __future__ import annotations

import pytest

from ipv6matrix.web.legacy.questions import BadQuestionError, Question, read


def asked(path, **parameters):
    return read(path, lambda name: parameters.get(name.replace("-", "_"), []))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/hosts", Question(resource="hosts")),
        ("/Reach/Group-SERVICE/", Question(resource="reach", group="service")),
        ("/path/group-tld/country-gb", Question(resource="path", group="tld", country="GB")),
        ("/country-gb/", Question(resource="country", country="GB")),
        ("/domain-A.Example", Question(resource="domain", name="a.example")),
        ("/domain-a-b.example", Question(resource="domain", name="a-b.example")),
        ("/domain/search-A_%", Question(resource="search", name="a_%")),
    ],
)
def test_a_path_is_a_question(path, expected):
    """A path is parsed into resource and arguments, in the case of the database."""
    assert expected == asked(path)


def test_parameters_are_words_and_a_number():
    """Commas separate words, and repeated words count once."""
    question = asked("/ping", tlds=["de,UK", "de, com"], types=["ns"], min_sample=["5", "007"])

    assert (("de", "uk", "com"), ("NS",), 7) == (question.tlds, question.types, question.least)


@pytest.mark.parametrize("path", ["/domain-a.example", "/domain/search-a"])
def test_what_a_resource_has_not_is_ignored(path):
    """Parameters that a resource does not have are ignored, even if they are invalid."""
    assert asked(path) == asked(path, tlds=["x"] * 9_999, types=["x"], min_sample=["x"])


@pytest.mark.parametrize(
    ("path", "parameters", "error"),
    [
        ("hosts", {}, "Invalid URI"),
        ("/hosts\n", {}, "Invalid URI"),
        ("/hosts/group-\n", {}, "Invalid group: hosts has tld, country, type"),
        ("/hosts", {"types": ["NS,HTTP"]}, "Invalid types: give some of NS,MX,WWW,NTP"),
        ("/hosts", {"min_sample": ["\u0665"]}, "Invalid min-sample: give a whole number"),
        ("/hosts", {"min_sample": ["9" * 5_000]}, "Invalid min-sample: give a whole number"),
        ("/hosts", {"tlds": [",".join(map(str, range(2_001)))]}, "Invalid tlds: give at most 2000"),
    ],
)
def test_what_makes_no_sense_is_told(path, parameters, error):
    """Invalid values are rejected with the messages of 2022."""
    with pytest.raises(BadQuestionError, match=f"^{error}$"):
        asked(path, **parameters)
