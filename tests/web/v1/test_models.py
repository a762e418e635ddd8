"""The schemas of answers."""

from __future__ import annotations

import pytest

from ipv6matrix.web.v1 import models, readiness_models
from tests.web.v1.asking import ask


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("", models.Index),
        ("/crawls", models.Page[models.Crawl]),
        ("/hosts?group=type", models.HostFiguresPage),
        ("/reachability?group=service", models.ReachFiguresPage),
        ("/penetration?group=tld", models.PenetrationFiguresPage),
        ("/services?group=tld", models.ServiceFiguresPage),
        ("/countries", models.Page[models.CountryTotals]),
        ("/tlds", models.Page[models.TldTotals]),
        ("/domains", models.Page[models.DomainSummary]),
        ("/domains/a_b.de", models.Domain),
        ("/changes/domains", models.Changes[models.DomainChange]),
        ("/changes/countries", models.Changes[models.GroupChange]),
        ("/tables", models.Tables),
        ("/readiness?group=country", readiness_models.ReadinessFiguresPage),
        ("/readiness/crawls", models.Page[readiness_models.ReadinessCrawl]),
        ("/readiness/tags", models.Page[readiness_models.ReadinessCrawl]),
        ("/readiness/domains", readiness_models.DomainsOfCrawl),
        ("/readiness/changes", readiness_models.Compared[readiness_models.LevelChange]),
        ("/readiness/hall-of-fame", readiness_models.Compared[readiness_models.ReadinessSummary]),
        ("/domains/a_b.de/readiness", readiness_models.DomainReadiness),
    ],
)
async def test_answers_have_the_form_that_is_documented(web, path, model):
    """Answers have exactly the documented fields."""
    answer = await ask(web, path)

    filled = model.model_validate(answer).model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert answer == filled
