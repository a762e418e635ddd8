"""
Signals of ours; they are sent and awaited like Scrapy's.
"""

from __future__ import annotations

# The frontier has room for questions to the resolver and none to ask: the
# spider may read on in its list.
frontier_hungry = object()

# The crawl was told to stop: what is under way is ended, not waited for.
crawl_stopping = object()

# A question went back to the frontier without an answer, with the request as
# `request`: it is to be asked again, as if it had not been.
question_returned = object()
