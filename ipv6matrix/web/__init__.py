"""
The website and its two APIs. They read a copy of the summaries and write nothing.

`app` assembles everything; `legacy` is the API of 2022, `v1` the current one, `pages` the website.
The other modules are what these share.
"""
