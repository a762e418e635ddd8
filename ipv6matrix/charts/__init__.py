"""
The charts of the website and of the report, drawn as SVG; `static/` holds the style and the script that both share.

`bars` lie on their side, `columns` stand, `lines` run; `axes` and `drawing` are what they have in common, and
`frame` makes a picture that is taken away (docs/decisions/0035-charts.md).
"""
