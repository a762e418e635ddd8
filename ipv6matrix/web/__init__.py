"""
The website and its two APIs over the database of summaries. It reads, and writes nothing.

`app` puts everything together; `legacy` is the API of 2022, `v1` that of today;
what both stand on lies beside them.
"""
