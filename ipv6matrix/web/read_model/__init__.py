"""
The read model: a local DuckDB file with the summaries of all crawls, which the website reads instead of SUMMARY_URL.

`build` writes a new file next to the old one, `model` queries a file, and `refresh` keeps a server
on the newest one (docs/decisions/0033-read-model.md).
"""
