"""
The API of 2022, whose clients keep working: docs/api.md lists the differences.

`resources` has what can be requested, `questions` parses a request, `answers` queries, `texts` and `forms` write
rows, `routes` connects these.
"""
