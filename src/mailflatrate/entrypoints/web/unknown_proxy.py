"""Stores the address of a reverse proxy that the settings don't name, for `mailflatrate doctor`: behind it all
visitors have one address, so limits count them as one or, for a proxy on this host, not at all.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address

import structlog
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from mailflatrate.entrypoints.client import came_through_proxy

log = structlog.get_logger("web")
KEY = "unknown proxy"
KEPT_SECONDS = 86_400
AGAIN_SECONDS = 3_600.0


class UnknownProxyMiddleware:
    """Middleware that checks each forwarded request; it writes at most once an hour."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._noted_at = -AGAIN_SECONDS

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "X-Forwarded-For" in request.headers and not came_through_proxy(request):
            self._note(request.META.get("REMOTE_ADDR", ""))
        return response

    def _note(self, peer: str) -> None:
        """Record the proxy unless its address is public: a stranger may send the header, but not from inside."""
        with suppress(ValueError, DatabaseError):
            if ip_address(peer).is_global or time.monotonic() - self._noted_at < AGAIN_SECONDS:
                return
            self._noted_at = time.monotonic()
            cache.set(KEY, peer, KEPT_SECONDS)
            log.warning("requests come through a proxy that MAILFLATRATE_TRUSTED_PROXIES does not name", proxy=peer)
