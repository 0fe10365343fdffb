"""The search over everything in an account.

Takes in: the typed text. Stores: nothing. Passes on: results in groups.
"""

from mailflatrate.entrypoints.web.studio.search.views import search

__all__ = ["search"]
