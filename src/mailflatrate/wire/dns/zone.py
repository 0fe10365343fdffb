"""A tiny real DNS server on loopback for the demo and the tests: it serves a zone given as data."""

from __future__ import annotations

import asyncio
import struct
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import cast

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.update

ZoneData = Mapping[str, Mapping[str, Sequence[str]]]

DEMO_TTL_SECONDS = 60
_MAX_CNAME_STEPS = 8
_MOST_UPDATED_NAMES = 10_000
_UDP_BYTES = 1232
_PORT_ATTEMPTS = 5


class ZoneServer:
    """UDP and TCP on one loopback port, in its own thread: `ZoneServer({"shop.example": {"MX": ["10
    mx.shop.example"]}})`. TXT values are plain text. A type "SERVFAIL" makes the server fail for a name, "SILENT" not
    answer. Names above known ones exist (RFC 8020), a CNAME is followed in the zone, others are NXDOMAIN, or have the
    records of `elsewhere` if under no domain of it. With `takes_updates`, any client of the port may add records (RFC
    2136).
    """

    def __init__(
        self,
        zone: ZoneData,
        *,
        elsewhere: Mapping[str, Sequence[str]] | None = None,
        port: int = 0,
        ttl_seconds: int = DEMO_TTL_SECONDS,
        takes_updates: bool = False,
    ) -> None:
        self._elsewhere = {kind: [_rdata(kind, text) for text in values] for kind, values in (elsewhere or {}).items()}
        self.port = port
        self.ttl_seconds = ttl_seconds
        self._takes_updates = takes_updates
        self.questions: list[tuple[str, str]] = []
        self._zone: dict[dns.name.Name, dict[str, list[dns.rdata.Rdata]]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self.replace(zone)

    @property
    def nameserver(self) -> str:
        return f"127.0.0.1:{self.port}"

    def replace(self, zone: ZoneData) -> None:
        """Serve this data from now on. Raises ValueError for an unreadable record."""
        fresh: dict[dns.name.Name, dict[str, list[dns.rdata.Rdata]]] = {}
        for name, sets in zone.items():
            here = fresh.setdefault(dns.name.from_text(name), {})
            for kind, values in sets.items():
                here[kind] = [] if kind in {"SERVFAIL", "SILENT"} else [_rdata(kind, text) for text in values]
        for zone_name in list(fresh):
            for depth in range(1, len(zone_name)):
                fresh.setdefault(zone_name.split(depth)[1], {})
        self._zone = fresh

    def start(self) -> None:
        """Start listening. Raises OSError when the port is taken."""
        loop = self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=loop.run_forever, name="zone-server", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._listen(loop), loop).result(10)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            asyncio.run_coroutine_threadsafe(self._close(), loop).result(10)
            loop.call_soon_threadsafe(loop.stop)
            self._thread.join(10)
            loop.close()

    def __enter__(self) -> ZoneServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        wished = self.port
        for attempt in range(_PORT_ATTEMPTS):
            self._tcp = await asyncio.start_server(self._on_stream, "127.0.0.1", wished)
            self.port = self._tcp.sockets[0].getsockname()[1]
            try:
                self._udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=("127.0.0.1", self.port)
                )
                return
            except OSError:  # a port that is free for TCP may be taken for UDP
                self._tcp.close()
                await self._tcp.wait_closed()
                if wished or attempt == _PORT_ATTEMPTS - 1:
                    raise

    async def _close(self) -> None:
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
            await self._tcp.wait_closed()
        await asyncio.sleep(0)

    def _is_below(self, name: dns.name.Name) -> bool:
        return any(name.split(depth)[1] in self._zone for depth in range(3, len(name)))

    async def _on_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                (size,) = struct.unpack("!H", await reader.readexactly(2))
                reply = self.reply_to(await reader.readexactly(size))
                if reply is not None:
                    wire = reply.to_wire(max_size=65535)
                    writer.write(struct.pack("!H", len(wire)) + wire)
                    await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass  # the client has what it wanted
        finally:
            writer.close()

    def reply_to(self, wire: bytes) -> dns.message.Message | None:
        try:
            query = dns.message.from_wire(wire)
        except dns.exception.DNSException:
            return None
        if isinstance(query, dns.update.UpdateMessage):
            return self._update(query)
        if query.opcode() != dns.opcode.QUERY or len(query.question) != 1:
            return None
        asked = query.question[0]
        kind = dns.rdatatype.to_text(asked.rdtype)
        self.questions.append((asked.name.to_text(omit_final_dot=True).lower(), kind))
        reply = dns.message.make_response(query, recursion_available=True)
        reply.flags |= dns.flags.AA
        name = asked.name
        for _ in range(_MAX_CNAME_STEPS):
            sets = self._zone.get(name)
            if sets is None and self._elsewhere and not self._is_below(name):
                sets = self._elsewhere
            if sets is None:
                reply.set_rcode(dns.rcode.NXDOMAIN)
                break
            if "SILENT" in sets:
                return None
            if "SERVFAIL" in sets:
                reply.set_rcode(dns.rcode.SERVFAIL)
                break
            if sets.get(kind):
                reply.answer.append(dns.rrset.from_rdata_list(name, self.ttl_seconds, sets[kind]))
                break
            if not sets.get("CNAME"):
                break
            reply.answer.append(dns.rrset.from_rdata_list(name, self.ttl_seconds, sets["CNAME"]))
            name = sets["CNAME"][0].target  # type: ignore[attr-defined]  # a CNAME record has one
        return reply

    def _update(self, change: dns.update.UpdateMessage) -> dns.message.Message:
        reply = dns.message.make_response(change)
        added = [rdataset for rdataset in change.update if rdataset.rdclass == dns.rdataclass.IN and len(rdataset)]
        if not self._takes_updates or len(self._zone) > _MOST_UPDATED_NAMES:
            reply.set_rcode(dns.rcode.REFUSED)
            return reply
        for rdataset in added:
            sets = {**self._zone.get(rdataset.name, {}), dns.rdatatype.to_text(rdataset.rdtype): list(rdataset)}
            self._zone[rdataset.name] = sets
            for depth in range(1, len(rdataset.name)):
                self._zone.setdefault(rdataset.name.split(depth)[1], {})
        return reply


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: ZoneServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._server.reply_to(data)
        if reply is None or self._transport is None:
            return
        try:
            wire = reply.to_wire(max_size=_UDP_BYTES)
        except dns.exception.TooBig:  # the client asks again over TCP
            reply.answer.clear()
            reply.flags |= dns.flags.TC
            wire = reply.to_wire()
        self._transport.sendto(wire, addr)


def presentation(kind: str, text: str) -> str:
    """In zone file syntax (RFC 1035): TXT in quoted strings, absolute host names."""
    if kind == "TXT":
        octets = text.encode()
        strings = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
        return " ".join('"' + "".join(map(_character, string)) + '"' for string in strings)
    if kind == "MX":
        preference, _, host = text.partition(" ")
        return f"{preference} {_absolute(host)}"
    return _absolute(text) if kind in {"CNAME", "PTR", "NS"} else text


def _character(byte: int) -> str:
    return chr(byte) if 32 <= byte < 127 and byte not in (34, 92) else f"\\{byte:03d}"


def _rdata(kind: str, text: str) -> dns.rdata.Rdata:
    try:
        return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(kind), presentation(kind, text))
    except dns.exception.DNSException as problem:
        raise ValueError(f"not a {kind} record: {text!r}") from problem


def _absolute(name: str) -> str:
    return name if name.endswith(".") else name + "."


SECONDS = 3.0


class UpdateRefused(Exception):
    pass


def publish_records(nameserver: str, zone: str, records: Iterable[tuple[str, str, str]]) -> None:
    """Add (name, type, value) records to a zone, replacing those of the same name and type. Raises UpdateRefused."""
    host, _colon, port = nameserver.rpartition(":")
    change = dns.update.UpdateMessage(zone)
    for name, kind, value in records:
        change.replace(f"{name.rstrip('.')}.", DEMO_TTL_SECONDS, kind, presentation(kind, value))
    try:
        reply = dns.query.tcp(change, host, timeout=SECONDS, port=int(port))
    except (dns.exception.DNSException, OSError, ValueError) as problem:
        raise UpdateRefused(str(problem) or type(problem).__name__) from problem
    if reply.rcode() != dns.rcode.NOERROR:
        raise UpdateRefused(dns.rcode.to_text(reply.rcode()))
