"""
The pages of the website: rendered here, readable without JavaScript, their whole state in their addresses.

`views` says what is shown, `state` reads an address, `series` the database;
`world` and `charts` draw, `rendering` makes pages, `routes` and `lookups` answer.
"""
