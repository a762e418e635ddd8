"""
Lets scrapyd-deploy, which calls this file, build the egg; pyproject.toml says what is in it.
"""

from setuptools import setup

setup()
