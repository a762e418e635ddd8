"""
python -m ipv6matrix: the same as the command `ipv6matrix`.
"""

from ipv6matrix.cli.main import main

if __name__ == "__main__":
    main()
