"""
Errors that end in a sentence for whoever gave a command; they know nothing of Scrapy.
"""

from __future__ import annotations


class ExportError(Exception):
    """Results cannot be written somewhere; the message says why and what mends it."""


class ImportRefusedError(Exception):
    """Something cannot be imported; the message says why and what mends it."""


class ListError(Exception):
    """A list cannot be read; the message names it and the fix."""
