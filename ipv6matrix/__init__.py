"""A crawler that measures how much of the popular web is reachable over IPv6."""

__version__ = "0.1.0"
