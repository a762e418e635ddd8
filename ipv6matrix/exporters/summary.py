"""
Summaries: tables of figures in the database of SUMMARY_URL, which collects all crawls by date.
"""

from __future__ import annotations

from ipv6matrix.exporters.registry import Target
from ipv6matrix.store.database import Store
from ipv6matrix.summaries import figures, levels
from ipv6matrix.summaries.database import Database
from ipv6matrix.summaries.publication import publish


def export(store: Store, target: Target) -> str:
    """Write the summary of a crawl in place of what its date had of the same list."""
    date, tag = figures.date_of(store), levels.tag_of(store)
    with Database(target.summary_url) as database:
        published = publish(database, date, figures.rows_of(store), tag=tag, replace=target.replace)
        words = f"summary of {published.domains:,} domains of {f'{tag}, ' if tag else ''}{date} in {database.name}"
    return f"{words}, in place of {published.replaced:,} that were there" if published.replaced else words
