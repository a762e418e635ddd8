"""
The API of today, below /api/v1: docs/api.md and /openapi.json describe it.

`resources` is what can be summed, `parameters` and `paging` are what all
questions have in common, `models` the forms of answers; each other module holds
the routes of one kind of question.
"""
