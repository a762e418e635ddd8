"""
The health of the vantage point: which checks determine it, and what follows from them. No Scrapy.

`machine` decides without I/O, `dependency` runs it on an event loop, `references`
and `resolver` do the checks, and `signs` extracts what an observation of the crawl
shows. docs/decisions/0026-health-by-references.md has a diagram.
"""
