"""
Parameters that several routes have in common. Unknown ones are rejected: a misspelt filter would filter nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from ipv6matrix.summaries.tables import MAIN
from ipv6matrix.web.sums import Figures, Slice
from ipv6matrix.web.v1.resources import HOSTS, PENETRATION, REACHABLE, READINESS, SERVICES

MOST: Final = 1_000
"Items of one page."

_COUNTRIES: Final = Field(
    pattern=r"^[A-Za-z]{2}(,[A-Za-z]{2}){0,99}$", description="Codes with commas.", examples=["DE,GB"]
)
_TLDS: Final = Field(
    pattern=r"^[A-Za-z0-9-]{1,63}(,[A-Za-z0-9-]{1,63}){0,99}$", description="TLDs with commas.", examples=["de,uk"]
)
_BRACKETS: Final = Field(
    pattern=r"^[0-9]{1,9}(,[0-9]{1,9}){0,9}$", description="Largest ranks, with commas.", examples=["1000,10000"]
)
_LEAST: Final = Field(ge=0, le=10**12, description="Only rows whose first total is at least that.")


def order(*names: str) -> str:
    """Return the pattern of a sort key: a name, with a hyphen for the largest first."""
    return f"^-?({'|'.join(names)})$"


def _order_of(figures: Figures) -> str:
    return order("date", *figures.groups, *figures.fields, *figures.ratios)


class Strict(BaseModel):
    """Parameters, and no others."""

    model_config = ConfigDict(extra="forbid")


class Paged(Strict):
    """A part of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = 100
    offset: Annotated[int, Field(ge=0, le=10_000_000)] = 0


class OfPeriod(Paged):
    """Figures of several crawls."""

    from_: Annotated[dt.date | None, Field(alias="from", description="The first date.")] = None
    to: Annotated[dt.date | None, Field(description="The last date.")] = None
    country: Annotated[str | None, _COUNTRIES] = None
    tld: Annotated[str | None, _TLDS] = None
    least: Annotated[int, _LEAST] = 0

    @property
    def only(self) -> dict[str, list[Any]]:
        """The values by which rows are chosen, by column."""
        return {
            "country": self.country.upper().split(",") if self.country else [],
            "tld": self.tld.lower().split(",") if self.tld else [],
        }

    def slice(self, group: str | None) -> Slice:
        """Return which rows are requested."""
        return Slice(group=group, only=self.only, since=self.from_, until=self.to, least=self.least)


class HostQuestion(OfPeriod):
    group: Annotated[Literal["tld", "country", "type"] | None, Field(description="One row for each.")] = None
    type: Literal["NS", "MX", "WWW", "NTP"] | None = None
    sort: Annotated[str, Field(pattern=_order_of(HOSTS), description="A field; with a hyphen the largest first.")] = (
        "date"
    )

    @property
    def only(self) -> dict[str, list[str]]:
        return {**super().only, "type": [self.type] if self.type else []}


class ReachQuestion(OfPeriod):
    group: Annotated[Literal["tld", "country", "service"] | None, Field(description="One row for each.")] = None
    service: Literal["HTTP", "HTTPS", "SMTPS"] | None = None
    sort: Annotated[
        str, Field(pattern=_order_of(REACHABLE), description="A field; with a hyphen the largest first.")
    ] = "date"

    @property
    def only(self) -> dict[str, list[str]]:
        return {**super().only, "service": [self.service] if self.service else []}


class PenetrationQuestion(OfPeriod):
    group: Annotated[Literal["tld", "country"] | None, Field(description="One row for each.")] = None
    sort: Annotated[
        str, Field(pattern=_order_of(PENETRATION), description="A field; with a hyphen the largest first.")
    ] = "date"


class ServiceQuestion(OfPeriod):
    group: Annotated[Literal["tld", "country"] | None, Field(description="One row for each.")] = None
    sort: Annotated[
        str, Field(pattern=_order_of(SERVICES), description="A field; with a hyphen the largest first.")
    ] = "date"


Tag = Annotated[
    str, Field(pattern=r"^[a-z0-9._-]{1,32}$", description="A list of one's own; without it the main list.")
]


class OfList(Strict):
    """Readiness of a list."""

    tag: Tag | None = None


class ReadinessQuestion(OfPeriod):
    tag: Tag | None = None
    bracket: Annotated[str | None, _BRACKETS] = None
    group: Annotated[Literal["tld", "country", "bracket"] | None, Field(description="One row for each.")] = None
    sort: Annotated[
        str, Field(pattern=_order_of(READINESS), description="A field; with a hyphen the largest first.")
    ] = "date"

    @property
    def only(self) -> dict[str, list[Any]]:
        brackets = [int(word) for word in self.bracket.split(",")] if self.bracket else []
        return {**super().only, "tag": [self.tag or MAIN], "bracket": brackets}
