"""
A worker that waits less after the loss of a session: the setting ADDONS adds it to the processes of a test.
"""

from __future__ import annotations

from typing import Final

from scrapy.settings import BaseSettings

from ipv6matrix.cluster import worker

ADDONS: Final = '{"tests.cluster.impatient.Addon": 1}'


class Addon:
    @classmethod
    def update_pre_crawler_settings(cls, settings: BaseSettings) -> None:
        worker._TAKEOVER_S = 3.0  # type: ignore[misc]
        worker._LONGEST_WAIT_S = 2.0  # type: ignore[misc]
