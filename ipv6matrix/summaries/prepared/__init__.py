"""
What answers of the website are made of, written with each crawl.

`columns` holds totals a column at a time, `texts` whole parts of long answers,
`changes` which domains gained or lost IPv6, `states` which have it; `rows` reads the columns, `writing`
writes everything of a date and tells whether everything is there. None of it is
data of its own: all can be deleted, and is made anew with the next crawl.
"""
