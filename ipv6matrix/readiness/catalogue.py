"""
The catalogue: the texts of services, levels, rules and reasons, from data/readiness.toml.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

UNKNOWN: Final = "unknown"


class Service(StrEnum):
    """What a verdict is about."""

    WEB = "web"
    DNS = "dns"
    MAIL = "mail"
    CHAIN = "chain"
    PATH = "path"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The texts of a word; each may contain {host} and {detail}."""

    text: str
    "A phrase that follows the name of the host."
    advice: str
    "One line for the operator of the domain."
    cause: str = "{host} {text}"
    "A clause that says why a service could not be tested; it may contain {text}."


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule as the catalogue describes it."""

    id: str
    service: Service
    text: str
    basis: frozenset[str]
    "Metrics of which one must have been measured, or the rule does not apply; none for a rule that always applies."
    no: Mapping[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceText:
    """A service as the catalogue describes it."""

    title: str
    asks: str
    needs: str
    "What the verdict `yes` needs."


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelText:
    """A level as the catalogue describes it."""

    label: str
    name: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Everything in the file."""

    version: int
    services: Mapping[Service, ServiceText]
    values: Mapping[str, str]
    levels: tuple[LevelText, ...]
    rules: Mapping[str, RuleText]
    unknown: Mapping[str, Text]
    document: Mapping[str, str]
    "Prose of docs/readiness.md."


@cache
def catalogue() -> Catalogue:
    """Read the catalogue."""
    raw = tomllib.loads(files("ipv6matrix").joinpath("data/readiness.toml").read_text("utf-8"))
    return Catalogue(
        version=raw["version"],
        services={Service(name): ServiceText(**texts) for name, texts in raw["services"].items()},
        values=raw["values"],
        levels=tuple(LevelText(**texts) for texts in raw["levels"]),
        rules={name: _rule(name, raw_rule) for name, raw_rule in raw["rules"].items()},
        unknown=_texts(raw[UNKNOWN]),
        document=raw["document"],
    )


def _rule(name: str, raw: Mapping[str, Any]) -> RuleText:
    return RuleText(
        id=name,
        service=Service(raw["service"]),
        text=raw["text"],
        basis=frozenset(raw.get("basis", ())),
        no=_texts(raw["no"]),
    )


def _texts(raw: Mapping[str, Mapping[str, str]]) -> dict[str, Text]:
    return {word: Text(**texts) for word, texts in raw.items()}
