"""
scrapy settings: Scrapy's own command, including the values of PROFILE.
"""

from __future__ import annotations

from scrapy.commands.settings import Command as ScrapySettings

from ipv6matrix.config.profiles import ChoosingCommand


class Command(ChoosingCommand, ScrapySettings):
    def syntax(self) -> str:
        return "[-s NAME=VALUE …] --get NAME"

    def short_desc(self) -> str:
        return "Show the value of a setting, as a command with the same -s options would use it"
