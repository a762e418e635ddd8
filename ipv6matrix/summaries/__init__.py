"""
The summaries of crawls: four tables of figures, in any SQL database, by date.

`rows` are the words, `figures` draws them from the facts of a crawl, `tables`
and `database` keep them, `publication` writes a crawl's, `staging` moves one to
the database that a website reads.
"""
