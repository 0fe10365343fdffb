"""URLs of version 1."""

from mailflatrate.entrypoints.api.v1.service import urlpatterns

__all__ = ["urlpatterns"]
