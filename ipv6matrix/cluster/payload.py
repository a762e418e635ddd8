"""
Items as JSON: how answers travel from the machine that got them to the one that gathers them.

An object of a class is `{"": name, field: value, ...}`, without fields that have their default;
a word of a closed list is `{"": name, "=": word}`. All sequences are tuples.
"""

from __future__ import annotations

import base64
import json
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Final, get_args, get_type_hints

from ipv6matrix.items import Answered, ExclusionItem, slot_of
from ipv6matrix.measurements import REGISTRY

_CLASS: Final = ""
_VALUE: Final = "="
_BYTES: Final = "bytes"
# The number of ranks.
RANKS: Final = 4


def dump(item: Answered) -> str:
    """Return the text of an item; raise UnicodeError if PostgreSQL could not store it."""
    text = json.dumps(item, default=_plain, ensure_ascii=False, separators=(",", ":"))
    text.encode()
    return text


def rank(item: Answered) -> int:
    """Return when an item may be written: after the lookups that found its address, and after the answer it renews."""
    return 2 * item.second + (slot_of(item.url) != REGISTRY.first_slot)


def load(text: str) -> Answered:
    """Return the item that a text stands for."""
    item: Answered = _revive(json.loads(text))
    return item


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return {_CLASS: _BYTES, _VALUE: base64.b64encode(value).decode()}
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} cannot be part of an item")
    present = {field.name: _tagged(getattr(value, field.name)) for field in fields(value) if _differs(field, value)}
    return {_CLASS: type(value).__name__, **present}


def _tagged(value: Any) -> Any:
    """Mark words of closed lists, which json would write as plain text."""
    if isinstance(value, Enum):
        return {_CLASS: type(value).__name__, _VALUE: value.value}
    return [_tagged(part) for part in value] if isinstance(value, tuple) else value


def _differs(field: Field[Any], value: Any) -> bool:
    return field.default is MISSING or getattr(value, field.name) != field.default


def _revive(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_revive, value))
    if not isinstance(value, dict):
        return value
    name = value.pop(_CLASS)
    if name == _BYTES:
        return base64.b64decode(value[_VALUE])
    kind = _classes()[name]
    if _VALUE in value:
        return kind(value[_VALUE])
    return kind(**{field: _revive(part) for field, part in value.items()})


@cache
def _classes() -> dict[str, type[Any]]:
    """Return all classes that items of registered measurements consist of, by name."""
    classes: dict[str, type[Any]] = {}
    waiting: list[Any] = [ExclusionItem, *(measurement.item for measurement in REGISTRY)]
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if not isinstance(kind, type) or not (is_dataclass(kind) or issubclass(kind, Enum)) or kind.__name__ in classes:
            continue
        classes[kind.__name__] = kind
        if is_dataclass(kind):
            waiting += get_type_hints(kind).values()
    return classes
