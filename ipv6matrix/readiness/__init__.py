"""
Readiness for IPv6: a verdict for each service of a domain, levels with bounds, and reasons with advice.

docs/readiness.md describes services, rules and levels. Nothing here knows Scrapy or SQL.
"""
