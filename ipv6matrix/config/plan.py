"""
What one crawl measures: features, metrics, prefixes and the addresses that may be probed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ipv6matrix.items import Family, RoleKind
from ipv6matrix.targets.optouts import OptOuts
from ipv6matrix.targets.policy import AddressPolicy, networks

if TYPE_CHECKING:  # measurements import this module, but not Scrapy
    from scrapy.settings import BaseSettings

FEATURES: Final = ("NS", "MX", "WWW", "NTP")
# The label of the domain itself, as in zone files (RFC 1035 section 5.1).
APEX: Final = "@"


@dataclass(slots=True)
class Plan:
    """The options of a run that determine which requests are made."""

    features: frozenset[str]
    metrics: frozenset[str]
    prefixes: dict[RoleKind, tuple[str, ...]]
    "Labels of guessed hosts, by feature."
    addresses_per_host: int
    ns_per_domain: int
    mx_per_domain: int
    addresses_stored_per_host: int
    "Of each family; more only if more are probed."
    policy: AddressPolicy
    opt_outs: OptOuts | None = None
    skipped: dict[str, str] = field(default_factory=dict)
    "What this run could not measure (metrics, ipv4, ipv6), with the reason."

    @classmethod
    def from_settings(cls, settings: BaseSettings, metrics: Iterable[str]) -> Plan:
        """Read the options, which `ipv6matrix.config.checks` has validated."""
        path = settings.get("OPTOUT_FILE")
        # Machines that share a crawl share opt-outs as well.
        has_opt_outs = path or settings.get("STORE_URL")
        opt_outs = OptOuts(Path(path).expanduser() if path else None) if has_opt_outs else None
        return cls(
            features=frozenset(words(settings, "FEATURES")),
            metrics=frozenset(metrics),
            prefixes={"WWW": words(settings, "WWW_PREFIXES"), "NTP": words(settings, "NTP_PREFIXES")},
            addresses_per_host=settings.getint("ADDRESSES_PER_HOST"),
            ns_per_domain=settings.getint("NS_PER_DOMAIN"),
            mx_per_domain=settings.getint("MX_PER_DOMAIN"),
            addresses_stored_per_host=settings.getint("ADDRESSES_STORED_PER_HOST"),
            policy=AddressPolicy(
                networks(settings.get("PROBE_ALLOWED_NETWORKS", "")),
                is_opted_out=opt_outs.contains_address if opt_outs else None,
            ),
            opt_outs=opt_outs,
        )

    @property
    def guesses(self) -> tuple[tuple[RoleKind, str], ...]:
        """The hosts that are guessed for a domain, as (role, label)."""
        labels = ((kind, label) for kind, labels in self.prefixes.items() if kind in self.features for label in labels)
        return (*labels, ("APEX", APEX)) if "apex" in self.metrics else tuple(labels)

    def skip_metric(self, metric: str, why: str) -> None:
        """Leave a metric out of this run: it is recorded as not asked."""
        if metric in self.metrics:
            self.metrics -= {metric}
            self.skipped[metric] = why

    def skip_family(self, family: Family, why: str) -> None:
        """Probe no address of a family in this run."""
        self.policy.skip_family(family)
        self.skipped[f"ipv{family}"] = why


def words(settings: BaseSettings, name: str) -> tuple[str, ...]:
    """Return the words of a setting, given as text with commas or as a list, in order and without duplicates."""
    return tuple(dict.fromkeys(word.strip() for word in settings.getlist(name) if word.strip()))
