"""
Breaks crawls that several processes share, and checks their results: `make torture-many`.
"""
