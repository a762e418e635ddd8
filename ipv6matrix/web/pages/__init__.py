"""
The pages of the website: rendered on the server, readable without JavaScript, with their whole state in the URL.

`views` defines what is shown, `state` parses a URL, `series` queries, `world` draws the map, `rendering` fills
templates, `routes` and `lookups` answer.
"""
