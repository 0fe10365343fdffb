"""One line a request for the access log, which MAILFLATRATE_ACCESS_LOG turns on.

The path stands in it without its query, and like every line it passes `settings.log_secrets`, which shortens tokens.
"""

import time
from typing import Any, Final
from urllib.parse import quote

import structlog

from mailflatrate.entrypoints.web.serving.bodies import Message

log = structlog.get_logger("web.access")

LONGEST_PATH: Final = 500


class Request:
    """One request, from its headers to the end of its answer."""

    def __init__(self, scope: dict[str, Any], client: str) -> None:
        self._scope, self._client = scope, client
        self._began = time.perf_counter()
        self._status = 0
        self._octets = 0

    def sent(self, message: Message) -> None:
        """Note a message of the answer."""
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
        else:
            self._octets += len(message.get("body", b""))

    def tell(self) -> None:
        """Write the line. Status 0: the client went away before the answer began."""
        log.info(
            "request", method=self._scope["method"], path=quote(self._scope["path"])[:LONGEST_PATH],
            status=self._status, octets=self._octets, seconds=round(time.perf_counter() - self._began, 4),
            client=self._client,
        )  # fmt: skip
