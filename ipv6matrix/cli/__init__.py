"""
The command `ipv6matrix`, which works from any folder.
"""
