"""Frames on the socket between a process and its child: one octet for the kind, a length, and the content."""

import socket
import struct
import time
from enum import IntEnum

_HEAD = struct.Struct(">BQ")
MAX_REQUEST = 256 * 1024 * 1024


class FrameKind(IntEnum):
    PREPARE = 1
    CALL = 2
    STREAM = 3
    READY = 10
    ANSWER = 11
    ITEM = 12
    END = 13
    RAISED = 14
    FAILED = 15
    OUT_OF_MEMORY = 16


class FrameError(Exception):
    """The other side is gone, or sent something that is not a frame."""


def send(connection: socket.socket, kind: FrameKind, content: bytes = b"", ends_at: float | None = None) -> None:
    """Write one frame. Raises TimeoutError after `ends_at` (monotonic), FrameError when the other side is gone."""
    _limit(connection, ends_at)
    try:
        connection.sendall(_HEAD.pack(kind, len(content)))
        if content:
            connection.sendall(content)
    except TimeoutError:
        raise
    except OSError as error:
        raise FrameError(str(error)) from error


def receive(connection: socket.socket, most: int, ends_at: float | None = None) -> tuple[FrameKind, bytes]:
    """Read one frame of at most `most` octets. Raises TimeoutError after `ends_at`, FrameError otherwise."""
    number, length = _HEAD.unpack(_exactly(connection, _HEAD.size, ends_at))
    if length > most:
        raise FrameError(f"a frame of {length} octets")
    try:
        kind = FrameKind(number)
    except ValueError as error:
        raise FrameError(str(error)) from error
    return kind, bytes(_exactly(connection, length, ends_at))


def _exactly(connection: socket.socket, length: int, ends_at: float | None) -> bytearray:
    buffer = bytearray(length)
    view, at = memoryview(buffer), 0
    while at < length:
        _limit(connection, ends_at)
        try:
            count = connection.recv_into(view[at:])
        except TimeoutError:
            raise
        except OSError as error:
            raise FrameError(str(error)) from error
        if not count:
            raise FrameError("the other process is gone")
        at += count
    return buffer


def _limit(connection: socket.socket, ends_at: float | None) -> None:
    if ends_at is not None:
        rest = ends_at - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        connection.settimeout(rest)
