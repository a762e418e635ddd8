"""What the API of 2022 can be asked."""

from __future__ import annotations

from ipv6matrix.summaries.prepared.resources import DOMAIN_FIELDS, FIGURES
from tests.web.legacy import oracle


def test_resources_groups_and_fields_are_those_of_2022():
    """
    The names, in the order of CSV.
    """
    expected = {name: (groups, list(fields)) for name, (_, groups, fields) in oracle.FIGURES.items()}
    expected["country"] = (("country",), list(oracle.COUNTRY))

    assert expected == {name: (one.groups, list(one.fields)) for name, one in FIGURES.items()}


def test_a_domain_has_the_fields_of_2022():
    """
    Without the count of what is not known, which came later.
    """
    assert ["date", *oracle.DOMAIN] == [column.name for column in DOMAIN_FIELDS]
