"""
The pages of the website: rendered on the server, readable without JavaScript, with their whole state in the URL.

`measures` and `views` define what is shown, `ladder` that of readiness; `state` parses a URL, `series` queries,
`world` draws the map, `rendering` fills templates, `routes`, `lookups` and `readiness` answer.
"""
