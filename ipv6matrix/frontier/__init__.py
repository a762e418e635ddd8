"""
What is still to be requested, durably.

`base.Frontier` is the contract that all components use; `sqlite.SqliteFrontier` keeps it in
JOBDIR/ips.db, and `scheduler.Scheduler` connects it to Scrapy.
"""
