"""
One crawl by many machines: PostgreSQL holds the frontier and the answers.

docs/many-machines.md describes the design. Only a crawl with STORE_URL imports this.
"""
