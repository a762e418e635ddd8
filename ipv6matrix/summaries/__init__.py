"""
Summaries of crawls: tables of figures by date, in any SQL database.

`rows` defines the columns, `figures` computes them from the facts of a crawl, `tables`
and `database` store them, `publication` writes those of one crawl, and `staging` moves
a crawl to the database that the website reads.
"""
