"""The search over everything in an account: what is typed arrives, results in groups are handed on, nothing is kept."""

from mailflatrate.entrypoints.web.studio.search.views import search

__all__ = ["search"]
