"""Items as text."""

from __future__ import annotations

from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ipv6matrix.cluster import payload
from ipv6matrix.items import ExclusionItem, Failure, WebItem, WebObservation
from ipv6matrix.measurements import REGISTRY
from tests import urls
from tests.samples import domain_item, hosts_item, ping_item
from tests.samples import host as a_host

ITEMS = (ExclusionItem, *(measurement.item for measurement in REGISTRY))
FINITE = st.floats(allow_nan=False, allow_infinity=False)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(st.characters(exclude_categories=("Cs",))),
    int: st.integers(),
    float: FINITE,
    bool: st.booleans(),
    bytes: st.binary(),
    NoneType: st.none(),
}


@cache
def values(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for the values of an annotated type."""
    if kind in PLAIN:
        return PLAIN[kind]
    parts = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(*map(values, parts))
    if get_origin(kind) is tuple:
        return _tuples(parts)
    if get_origin(kind) is Literal:
        return st.sampled_from(parts)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return st.builds(kind, **{name: values(hint) for name, hint in get_type_hints(kind).items()})


def _tuples(parts: tuple[Any, ...]) -> st.SearchStrategy[Any]:
    if parts[-1:] == (...,):
        return st.lists(values(parts[0]), max_size=2).map(tuple)
    return st.tuples(*map(values, parts))


@pytest.mark.parametrize("kind", ITEMS)
@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_item_is_restored(kind, data):
    """An item of any registered measurement equals the one that is read, down to the types of its parts."""
    item = data.draw(values(kind))

    assert repr(item) == repr(payload.load(payload.dump(item)))


def test_words_keep_their_lists():
    """A failure is not just its text, which may be a word of another list."""
    item = payload.load(payload.dump(ping_item("192.0.2.1", failure=Failure.TIMEOUT)))

    assert Failure.TIMEOUT is item.ping.failure


def test_text_that_is_not_unicode_is_rejected():
    """PostgreSQL could not store it."""
    with pytest.raises(UnicodeError):
        payload.dump(domain_item("a.example", tld="\udc80"))


def test_zero_octets_are_kept():
    """PostgreSQL has no zero characters in texts, so they are escaped."""
    web = WebObservation(scheme="http", title="a\0b", sketch=b"\0", asked_at=1.0)
    text = payload.dump(WebItem(url="web://192.0.2.1?host=a.example", host="a.example", address="192.0.2.1", web=web))

    assert "\0" not in text
    assert web == payload.load(text).web


def test_lookups_are_written_before_probes_and_retries_last():
    """A probe may need the address that a lookup found, and a retry the failure that it replaces."""
    items = [hosts_item(a_host("a.example", "192.0.2.1")), ping_item("192.0.2.1")]
    retries = [hosts_item(a_host("a.example"), url=urls.again(urls.host("a.example"))), ping_item("192.0.2.1")]
    for retry in retries:
        retry.second = True

    assert [0, 1, 2, 3] == [payload.rank(item) for item in (*items, *retries)]
    assert payload.RANKS == 4
