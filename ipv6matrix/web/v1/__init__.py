"""
The current API, below /api/v1: docs/api.md and /openapi.json describe it.

`resources` has what can be summed, `parameters` and `paging` what all routes share, `models` the schemas of
answers; each other module holds the routes of one kind of data.
"""
