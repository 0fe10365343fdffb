"""Metrics and the access log (MAILFLATRATE_ACCESS_LOG): paths without queries, tokens cut by `settings.log_secrets`."""

import time
from typing import Any, Final
from urllib.parse import quote

import structlog

from mailflatrate.base.metrics.names import REQUEST_SECONDS, REQUESTS
from mailflatrate.entrypoints.web.serving.request_bodies import Message
from mailflatrate.entrypoints.web.serving.thread_pools import pool_name

log = structlog.get_logger("web.access")

LONGEST_PATH: Final = 500


class Request:
    def __init__(self, scope: dict[str, Any], client: str) -> None:
        self._scope, self._client = scope, client
        self._began = time.perf_counter()
        self._status = 0
        self._octets = 0

    def sent(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
        else:
            self._octets += len(message.get("body", b""))

    def end(self, *, tell: bool) -> None:
        """Count the request and write its log line. Status 0: the client disconnected before the response began."""
        seconds, pool = time.perf_counter() - self._began, pool_name(self._scope["path"])
        REQUESTS.labels(pool, f"{self._status // 100}xx" if self._status else "gone").inc()
        REQUEST_SECONDS.labels(pool).observe(seconds)
        if not tell:
            return
        log.info(
            "request",
            method=self._scope["method"],
            path=quote(self._scope["path"])[:LONGEST_PATH],
            status=self._status,
            octets=self._octets,
            seconds=round(seconds, 4),
            client=self._client,
        )
