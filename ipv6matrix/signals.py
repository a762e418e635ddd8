"""
The project's own signals; they are sent and awaited like those of Scrapy.
"""

from __future__ import annotations

# The frontier has room for requests to the resolver and none left to send, so the
# spider may continue reading its list.
frontier_hungry = object()

# The crawl is stopping: requests in flight are cancelled, not awaited.
crawl_stopping = object()

# A request went back to the frontier without an answer (argument `request`):
# it will be sent again.
request_returned = object()

# In a shared crawl, the database of the job was replaced by an empty one, because the
# session was lost, or has got what other machines found: what was remembered of it is obsolete.
store_replaced = object()
