"""
The schemas of answers about readiness, for the OpenAPI document.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from ipv6matrix.web.v1.models import Count, Country, Next, figures_page
from ipv6matrix.web.v1.resources import READINESS

Item = TypeVar("Item", bound=BaseModel)

Label = Literal["0", "1", "2", "3", "4", "5", "5+"]
Value = Annotated[
    Literal["yes", "no", "unknown", "none"],
    Field(description="unknown: could not be tested; none: the domain has no such service."),
]
Version = Annotated[int, Field(description="Of the rules. Levels of different versions cannot be compared.")]
Basis = Annotated[
    list[str], Field(description="What the crawl measured. Levels of different bases cannot be compared.")
]
Tag = Annotated[str, Field(description="The name of a list of one's own; empty for the main list.")]
_Share = Annotated[float | None, Field(description="Of all domains, those with this level or more.")]
Bracket = Annotated[int, Field(description="The largest rank of the bracket; 0 without ranks.")]

ReadinessFiguresPage = figures_page(
    "ReadinessFigures",
    "Domains by level: `certain` if unknown means no, `possible` if it means yes.",
    READINESS,
    tag=Tag,
    version=Version,
    basis=Basis,
    unknown=Annotated[int, Field(ge=0, description="Domains whose two levels differ.")],
    **dict.fromkeys(READINESS.ratios, _Share),
)


class ReadinessCrawl(BaseModel):
    """The readiness of a list in a crawl."""

    date: dt.date
    tag: Tag
    version: Version
    basis: Basis
    domains: Count


class ReadinessSummary(BaseModel):
    """The readiness of a domain in a crawl."""

    date: dt.date
    domain: str
    country: Country
    tld: str
    bracket: Bracket
    certain: Annotated[Label, Field(description="The level if unknown means no.")]
    possible: Annotated[Label, Field(description="The level if unknown means yes.")]
    web: Value
    dns: Value
    mail: Value
    chain: Value
    path: Value
    content: Value


class DomainsOfCrawl(BaseModel):
    """Domains of a crawl, and the link to the next page."""

    crawl: ReadinessCrawl
    items: list[ReadinessSummary]
    next: Next


class Levels(BaseModel):
    """A level with its bounds."""

    certain: Label
    possible: Label


class LevelChange(BaseModel):
    """A domain whose level rose or fell: both its bounds moved."""

    domain: str
    country: Country
    change: Literal["gained", "lost"]
    before: Levels
    after: Levels


class Compared(BaseModel, Generic[Item]):
    """What two crawls that can be compared say together."""

    model_config = {"populate_by_name": True}

    from_: Annotated[dt.date, Field(alias="from")]
    to: dt.date
    tag: Tag
    version: Version
    basis: Basis
    items: list[Item]
    next: Next


class Reason(BaseModel):
    """Why a service is not `yes`."""

    host: str
    word: str
    detail: str
    text: Annotated[str, Field(description="What was found about the host: a phrase that follows its name.")]
    advice: Annotated[str, Field(description="For the operator of the domain, or of the test.")]


class Verdict(BaseModel):
    """The verdict about a service."""

    service: str
    title: str
    value: Value
    meaning: str
    reasons: list[Reason]


class LevelText(Levels):
    """A level in words."""

    name: str
    text: Annotated[str, Field(examples=["3 to 4: mail could not be tested (port 25 is filtered here)"])]


class HistoryOfDomain(BaseModel):
    """The level of a domain in a crawl."""

    date: dt.date
    version: Version
    basis: Basis
    comparable: Annotated[bool, Field(description="With the last crawl of the domain.")]
    certain: Label
    possible: Label


class DomainReadiness(BaseModel):
    """The readiness of a domain: what the last crawl found, and the level in each crawl of the list."""

    domain: str
    date: dt.date
    tag: Tag
    level: LevelText
    services: list[Verdict]
    rules_version: Version
    basis: Basis
    history: list[HistoryOfDomain]
