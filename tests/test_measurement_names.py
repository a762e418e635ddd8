"""Measurements are named in their own modules, in settings, and where conclusions about them are drawn."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from ipv6matrix.measurements import REGISTRY

PACKAGE = Path(__file__).parents[1] / "ipv6matrix"
# Modules of the package, or folders of modules, that may name a measurement, with the reason.
ALLOWED = {
    "measurements/": "the registry, and a module each",
    "handlers/": "a handler for each scheme",
    "probes/": "the protocols",
    "items/": "observations and items",
    "store/tables/": "the tables of each measurement",
    "config/metrics.py": "resolver6 is a default only where NAMESERVERS6 is set",
    "cluster/links.py": "a zone and the addresses of its name servers have different owners",
    "config/extras.py": "the extra named web, of the website",
    "settings.py": "what is measured, and the handler of each scheme",
    "config/plan.py": "which hosts of a domain are looked up",
    "extensions/name_servers.py": "zones and the addresses of their servers are paired when both are known",
    "extensions/preflight.py": "whether the resolvers validate",
    "middlewares/dedupe.py": "hosts are looked up once, whatever is measured of them",
    "pipelines/dedup.py": "addresses of hosts are located once",
    "pipelines/locate.py": "the location of addresses of hosts",
    "pipelines/classify.py": "the kind of addresses of hosts",
    "extensions/health.py": "the resolvers are a dependency named dns",
    "extensions/prometheus.py": "the rate of queries belongs to the handler of dns",
    "readiness/": "conclusions",
    "store/queries/": "conclusions",
    "store/views.py": "the views of 2022",
    "store/legacy.py": "the tables of 2022",
    "exporters/": "conclusions, and the columns of 2022",
    "importers/": "formats of 2022",
    "summaries/": "conclusions",
    "web/": "conclusions",
}


@cache
def named(source: str) -> frozenset[str]:
    """Return what a module names: schemes and metrics as texts, observations, items and modules of measurements."""
    return frozenset(_named(ast.parse(source)))


def _named(tree: ast.AST) -> Iterator[str]:
    words = {word for measurement in REGISTRY for word in (measurement.scheme, *measurement.metrics)}
    classes = {kind.__name__ for measurement in REGISTRY for kind in (measurement.observation, measurement.item)}
    modules = {type(measurement).__module__ for measurement in REGISTRY}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(word)) if word in words:
                yield word
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name in classes | modules:
                yield name
            case ast.ImportFrom(module=module) if module in modules:
                yield module
            case ast.ImportFrom(module=module, names=aliases):
                yield from modules & {f"{module}.{alias.name}" for alias in aliases}


def strays(sources: Mapping[str, str], allowed: Iterable[str]) -> list[str]:
    """Return a complaint for each module that names a measurement and is not allowed to."""
    return [
        f"{path} names {', '.join(sorted(names))}"
        for path, source in sources.items()
        if not any(path == prefix or (prefix.endswith("/") and path.startswith(prefix)) for prefix in allowed)
        and (names := named(source))
    ]


def sources() -> dict[str, str]:
    return {str(path.relative_to(PACKAGE)): path.read_text() for path in sorted(PACKAGE.rglob("*.py"))}


def test_no_other_module_names_a_measurement() -> None:
    """A component that loops over the registry works for a measurement that it has never heard of."""
    assert [] == strays(sources(), ALLOWED)


def test_each_exception_is_needed() -> None:
    """A module or folder of the list names a measurement."""
    named_by = {path: source for path, source in sources().items() if named(source)}

    assert [] == [allowed for allowed in ALLOWED if not strays(named_by, ALLOWED.keys() - {allowed})]


def test_a_named_measurement_is_found() -> None:
    """A text, a class or a module of a measurement is a complaint, in any form."""
    faults = {
        "text.py": "slot = 'ping'",
        "item.py": "from ipv6matrix.items import TcpItem",
        "module.py": "from ipv6matrix.measurements import trace",
        "attribute.py": "items.HostsItem",
        "harmless.py": "from ipv6matrix.measurements import REGISTRY",
    }

    assert [
        "text.py names ping",
        "item.py names TcpItem",
        "module.py names ipv6matrix.measurements.trace",
        "attribute.py names HostsItem",
    ] == strays(faults, ())
