"""
The health of the vantage point: what is asked to know it, and what follows from the answers. No Scrapy.

`machine` decides without I/O, `part` runs it on an event loop, `references` and
`resolver` ask, `signs` reads what an observation of the crawl says.
docs/decisions/0026-health-by-references.md has a picture.
"""
