"""A TCP proxy that makes a server seem far away: it adds round-trip time and takes no bandwidth away.

    python bench/delay_proxy.py --listen 2600 --target 127.0.0.1:2525 --rtt-ms 5

Each chunk of bytes is handed on about half the round-trip time after it came, in order, in each direction; any
number of chunks may be on the way at once. Opening a connection costs the first chunk its delay as well, as a
real path would.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
from collections import deque
from typing import cast

import uvloop


class _End(asyncio.Protocol):
    """One end of a proxied connection; what it receives goes to `peer` after the delay."""

    def __init__(self, delay_seconds: float) -> None:
        self.peer: _End | None = None
        self.transport: asyncio.Transport | None = None
        self._socket: socket.socket
        self._delay_seconds = delay_seconds
        self._loop = asyncio.get_running_loop()
        self._queue: deque[tuple[float, bytes | None]] = deque()
        self._armed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=1 << 30)
        self._socket = transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        # A server without TCP_NODELAY waits for our ACK between two small writes; a delayed one would add 40 ms.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._later(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._later(None)

    def flush(self) -> None:
        """Send what came before the other end stood."""
        self._armed = False
        self._arm()

    def _later(self, data: bytes | None) -> None:
        self._queue.append((self._loop.time() + self._delay_seconds, data))
        self._arm()

    def _arm(self) -> None:
        if not self._armed and self._queue:
            self._armed = True
            self._loop.call_at(self._queue[0][0], self._release)

    def _release(self) -> None:
        self._armed = False
        if self.peer is None or self.peer.transport is None:
            return
        if self.peer.transport.is_closing():
            self._queue.clear()
            return
        now = self._loop.time() + 0.0002  # one timer tick: chunks due within it leave in one write
        ready: list[bytes] = []
        while self._queue and self._queue[0][0] <= now:
            data = self._queue.popleft()[1]
            if data is None:
                self.peer.transport.write(b"".join(ready))
                self.peer.transport.close()
                return
            ready.append(data)
        if ready:
            self.peer.transport.write(b"".join(ready))
        self._arm()


async def serve(listen_port: int, target_host: str, target_port: int, rtt_seconds: float) -> asyncio.Server:
    """Start the proxy on loopback; `listen_port` 0 chooses a free one. Close the returned server to end it."""
    loop = asyncio.get_running_loop()
    out = int(rtt_seconds * 500) / 1000  # uvloop's timers count whole milliseconds
    dialling: set[asyncio.Task[None]] = set()

    async def dial(near: _End) -> None:
        try:
            _, far = await loop.create_connection(lambda: _End(rtt_seconds - out), target_host, target_port)
        except OSError:
            if near.transport is not None:
                near.transport.abort()
            return
        near.peer, far.peer = far, near
        near.flush()
        far.flush()

    def accept() -> _End:
        near = _End(out)
        task = loop.create_task(dial(near))
        dialling.add(task)
        task.add_done_callback(dialling.discard)
        return near

    return await loop.create_server(accept, "127.0.0.1", listen_port)


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--listen", type=int, required=True, metavar="PORT")
    parser.add_argument("--target", required=True, metavar="HOST:PORT")
    parser.add_argument("--rtt-ms", type=float, default=5.0)
    arguments = parser.parse_args()
    host, _, port = arguments.target.rpartition(":")
    server = await serve(arguments.listen, host, int(port), arguments.rtt_ms / 1000)
    print(f"listening on 127.0.0.1:{arguments.listen}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_main())
