"""
Profiles, and checks of the names of settings and arguments.
"""

from __future__ import annotations

import argparse
import inspect
import os
from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

from scrapy import Spider
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, Settings
from scrapy.utils.conf import build_component_list
from scrapy.utils.misc import load_object
from scrapy.utils.project import ENVVAR

from ipv6matrix.config import checks, plan

# Above the settings file, below the command line.
_PROFILE_PRIORITY: Final = SETTINGS_PRIORITIES["spider"]
# Scrapy reads this setting but has no default for it.
_WITHOUT_DEFAULT: Final = ("META_COPY_WARN_SKIP_KEYS",)
# Minimum similarity of a name that is suggested.
_NEAR: Final = 0.7


class ChoosingCommand(ScrapyCommand):
    """Base class of the project's commands: supports PROFILE, and rejects unknown settings."""

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        assert self.settings is not None
        if not (sentences := checks.problems(self.settings, ("PROFILE",))):
            apply_profiles(self.settings)
        if sentences := [*unknown_settings(self.settings), *missing_addons(self.settings), *sentences]:
            raise UsageError("\n".join(sentences), print_help=False)


def apply_profiles(settings: BaseSettings) -> None:
    """Apply the profiles that PROFILE names, in order; values of the command line take precedence."""
    profiles = settings.getdict("PROFILES")
    for word in plan.words(settings, "PROFILE"):
        for name, value in profiles[word].items():
            settings.set(name, value, priority=_PROFILE_PRIORITY)


def unknown_settings(settings: BaseSettings) -> list[str]:
    """
    Return an error message for each unknown setting of the command line or a profile.

    Known settings are those of Scrapy and those that the project's settings file defines.

    The settings of add-ons are not known: if any are installed, only names similar to a known setting are rejected.
    """
    valid = {*_defaults(), *_WITHOUT_DEFAULT}
    assigned = [name for name in settings if (settings.getpriority(name) or 0) >= _PROFILE_PRIORITY]
    lenient = bool(settings.get("ADDONS"))
    return [
        _unknown(name, "a setting", near, "docs/settings.md lists those of this project", code="SETTING_UNKNOWN")
        for name in sorted(set(assigned) - valid)
        if (near := _nearest(name.upper().replace("-", "_"), valid)) or not lenient
    ]


def missing_addons(settings: BaseSettings) -> list[str]:
    """Return an error message for each add-on that cannot be imported."""
    messages = []
    for path in build_component_list(settings["ADDONS"]):
        try:
            load_object(path)
        except (ImportError, NameError, ValueError) as error:
            messages.append(f"Invalid ADDONS={path!r}: {error}; install or correct it [SETTING_INVALID]")
    return messages


def _defaults() -> Settings:
    """Return the settings without the command line; ignores scrapy.cfg, which may belong to another project."""
    settings = Settings()
    if module := os.environ.get(ENVVAR):
        settings.setmodule(module, priority="project")
    return settings


def unknown_arguments(spider: type[Spider], arguments: Iterable[str]) -> list[str]:
    """Return an error message for each unknown argument of a spider; arguments of scrapyd begin with an underscore."""
    valid = [
        name
        for name, parameter in inspect.signature(spider).parameters.items()
        if parameter.kind is not parameter.VAR_KEYWORD
    ]
    return [
        _unknown(
            name,
            "an argument of the spider",
            _nearest(name.lower(), valid),
            f"it takes {', '.join(valid)}",
            code="ARGUMENT_UNKNOWN",
        )
        for name in arguments
        if name not in valid and not name.startswith("_")
    ]


def _nearest(name: str, candidates: Collection[str]) -> str | None:
    return next(iter(get_close_matches(name, sorted(candidates), n=1, cutoff=_NEAR)), None)


def _unknown(name: str, kind: str, near: str | None, otherwise: str, *, code: str) -> str:
    return f"{name} is not {kind}: {f'did you mean {near}?' if near else otherwise} [{code}]"
