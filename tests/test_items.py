"""The words of the project."""

from __future__ import annotations

from enum import StrEnum
from typing import get_args

import pytest
from itemadapter import ItemAdapter

from ipv6matrix import items
from ipv6matrix.items import BodyEnd, Failure, Item, NtpStatus, PmtuStatus, Starttls, Status, Stop, TlsStatus
from tests.samples import lookup


@pytest.mark.parametrize("words", [Failure, Status, Starttls, Stop, NtpStatus, PmtuStatus, TlsStatus, BodyEnd])
def test_closed_lists_have_snake_case_words(words: type[StrEnum]):
    """Each word of a closed list is its name in lower case, so that tables and code agree."""
    assert [word.name.lower() for word in words] == [word.value for word in words]


def test_an_answer_is_never_a_failure():
    """No word is both a kind of answer and the reason for its absence."""
    answers = {word.value for words in (Status, NtpStatus, PmtuStatus, TlsStatus) for word in words}

    assert not answers & {failure.value for failure in Failure}


@pytest.mark.parametrize("kind", get_args(Item))
def test_every_item_names_its_request(kind):
    """Scrapy can read each item's fields, and each has the URL of its request."""
    assert ItemAdapter.is_item_class(kind)
    assert "url" in ItemAdapter.get_field_names_from_class(kind)
    assert issubclass(kind, items.Answered)


def test_texts_are_the_records_that_are_names_or_addresses():
    """An A lookup has texts, an MX lookup has none."""
    assert ("192.0.2.1", "192.0.2.2") == lookup("a.example", "A", "192.0.2.1", "192.0.2.2").texts
    assert () == lookup("a.example", "MX", (10, "mx.example")).texts


def test_exchangers_are_the_records_of_an_mx_lookup():
    """An MX lookup has exchangers, the null MX included; an NS lookup has none."""
    assert ((0, ""), (10, "mx.example")) == lookup("a.example", "MX", (0, ""), (10, "mx.example")).exchangers
    assert () == lookup("a.example", "NS", "ns.example").exchangers


def test_observations_are_immutable():
    """The fields of an observation cannot be overwritten."""
    with pytest.raises(AttributeError):
        lookup("a.example", "A").status = Status.OK
