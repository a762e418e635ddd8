"""
Signals of ours; they are sent and awaited like Scrapy's.
"""

from __future__ import annotations

# The frontier has room for questions to the resolver and none to ask: the
# spider may read on in its list.
frontier_hungry = object()
