"""What the components of a crawl share."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ipv6matrix import context, settings
from ipv6matrix.extensions.preflight import Preflight
from tests.crawlers import crawler

PACKAGE = Path(context.__file__).parent


def test_a_crawler_has_one_context(tmp_path):
    """All components of a crawler get the same context, and those of another crawler another one."""
    first, other = crawler(tmp_path), crawler(tmp_path)

    assert context.of(first) is context.of(first)
    assert context.of(first) is not context.of(other)


def test_the_list_comes_from_the_arguments_of_the_spider(tmp_path):
    """What the command names with -a is in the context, where preflight may replace it."""
    made = crawler(tmp_path, domains="tranco")

    assert "tranco" == context.of(made).lists.domains


def test_the_order_of_extensions_does_not_matter(tmp_path):
    """Extensions can be created in the reverse order, before the spider, and share the same plan."""
    own = {path: -order for path, order in settings.EXTENSIONS.items()}
    made = crawler(tmp_path, EXTENSIONS=own, METRICS="ping")

    preflight = made.get_extension(Preflight)
    assert preflight is not None
    preflight._plan.skip_metric("ping", "no permission")

    assert {"ping": "no permission"} == context.of(made).plan.skipped


def readers(source: str) -> Iterator[str]:
    """Yield the places where a module reads the spider of a crawler, or an attribute of it."""
    for node in ast.walk(ast.parse(source)) if ".spider" in source else ():
        if isinstance(node, ast.Attribute) and node.attr == "spider" and "crawler" in ast.unparse(node.value):
            yield ast.unparse(node)


def test_nothing_hangs_on_the_spider():
    """No component reads the spider: what it needs is in the context. `engine/` passes it on, as Scrapy does."""
    paths = [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE / "engine"]

    assert [] == [where for path in paths for where in readers(path.read_text())]


def test_a_reader_of_the_spider_is_found():
    """Reading an attribute of the crawler's spider is found."""
    assert ["self._crawler.spider"] == list(readers("plan = self._crawler.spider.plan"))
