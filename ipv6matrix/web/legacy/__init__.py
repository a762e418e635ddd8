"""
The API of 2022, whose clients go on working: docs/api.md says where ours differs.

`resources` is what can be asked, `questions` reads a request, `answers` brings
rows in order, `forms` writes them, `routes` ties these together.
"""
