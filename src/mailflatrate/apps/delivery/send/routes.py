"""A process's routes, by pool and stream, in parallel: no campaign or pool that is down delays other mail."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from mailflatrate.apps.delivery.relays.relay_cache import SETTINGS_RELAY, PoolKey, RelayBook, settings_relay
from mailflatrate.apps.delivery.relays.tables import Relay, RelayReport
from mailflatrate.apps.delivery.send.allowance import Allowance
from mailflatrate.apps.delivery.send.claims import Claim
from mailflatrate.apps.delivery.send.journal import Journal
from mailflatrate.apps.delivery.transmit import Transmitter
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import domain_of
from mailflatrate.rules.sending.providers import provider_of
from mailflatrate.rules.sending.relays import RelayPool, RelayState, Stream
from mailflatrate.settings.schema import Settings

FIRST_PAUSE_SECONDS = 1.0
LEAST_TURN_SECONDS, MOST_TURN_SECONDS = 0.5, 30.0
SILENT_SECONDS = 5.0
REPORTS_KEPT = timedelta(hours=1)

log = structlog.get_logger(__name__)


class RelayRoute:
    def __init__(self, settings: Settings, folder: Path, key: PoolKey, book: RelayBook, most: int | None) -> None:
        self.key = key
        self.journal = Journal(folder)
        self.transmitter = Transmitter(settings, book.members(key), most)
        self.lock = asyncio.Lock()  # one chunk at a time uses the relays, while the next one is fetched
        self._longest_pause = settings.relay_pause_max_seconds
        self._failures = 0
        self._again_at = 0.0
        self._at_work: set[int] = set()
        self._chunk_seconds = LEAST_TURN_SECONDS
        self._answers, self._answered_at = 0, 0.0

    @contextmanager
    def taken(self, chunk_id: int) -> Iterator[None]:
        began = asyncio.get_running_loop().time()
        if not self._at_work:
            self._answered_at = began
        self._at_work.add(chunk_id)
        try:
            yield
        finally:
            self._at_work.discard(chunk_id)
            self._chunk_seconds += (asyncio.get_running_loop().time() - began - self._chunk_seconds) / 4

    def turn_seconds(self, most: int, late: set[int]) -> float:
        """Until another chunk may begin, if `most` run at once; those in `late` only wait for a silent relay."""
        if len(self._at_work - late) < most:
            return 0.0
        return min(MOST_TURN_SECONDS, max(LEAST_TURN_SECONDS, self._chunk_seconds / 2))

    def gets_no_reply_for(self, chunk_id: int) -> bool:
        """True if this route works on it, and its relays answered nothing for a while."""
        reports = [report for report, _ in self.transmitter.reports().values()]
        answers = sum(report.accepted + report.deferred + report.refused for report in reports)
        now = asyncio.get_running_loop().time()
        if answers != self._answers:
            self._answers, self._answered_at = answers, now
        return chunk_id in self._at_work and now - self._answered_at > SILENT_SECONDS

    def follow(self, book: RelayBook) -> None:
        if self.transmitter.set_relays(book.members(self.key)):
            self._failures, self._again_at = 0, 0.0

    def answered(self) -> None:
        self._failures = 0

    def pause(self) -> float:
        """The whole pool failed; return the seconds until the next try, up to the operator's limit."""
        pause = min(FIRST_PAUSE_SECONDS * 2.0**self._failures, self._longest_pause)
        self._failures = min(self._failures + 1, 30)
        self._again_at = asyncio.get_running_loop().time() + pause
        return pause

    @property
    def wait_seconds(self) -> float:
        return max(0.0, self._again_at - asyncio.get_running_loop().time())


@dataclass(frozen=True, slots=True)
class RelayFigures:
    number: int
    connections: int
    accepted: int
    deferred: int
    refused: int
    problem: str
    failing_since: datetime | None


class Routes:
    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings = settings
        self._folder = folder
        self.book = RelayBook((), settings_relay(settings))
        self._routes: dict[tuple[Stream, PoolKey], RelayRoute] = {}
        for stream in Stream:
            self.route(stream, PoolKey(RelayPool.TRUSTED))

    def route(self, stream: Stream, key: PoolKey) -> RelayRoute:
        relay_route = self._routes.get((stream, key))
        if relay_route is None:
            express = self._settings.express_connections if stream is Stream.EXPRESS else None
            relay_route = self._routes[stream, key] = RelayRoute(self._settings, self._folder, key, self.book, express)
        return relay_route

    def most_chunks(self, route: RelayRoute) -> int:
        """Keeps a slot free for each other campaign pool: a slow one would end up with all of them."""
        pools = {
            PoolKey(relay.pool, relay.account_id)
            for relay in self.book.relays
            if relay.pool is not RelayPool.EXPRESS and relay.state is RelayState.ACTIVE
        } | {PoolKey(RelayPool.TRUSTED)}  # without relays of its own it has the one from the settings
        return max(1, self._settings.sender_chunks_at_once - len(pools - {route.key}))

    def gets_no_reply_for(self, chunk_id: int) -> bool:
        """True if its relays answer nothing while another pool may need its slot."""
        return not self.book.is_empty and any(route.gets_no_reply_for(chunk_id) for route in self)

    def __iter__(self) -> Iterator[RelayRoute]:
        return iter(list(self._routes.values()))

    def follow(self, book: RelayBook) -> None:
        if book != self.book:
            log.info("relays_changed", count=len(book.relays))
            for relay in book.relays:
                if not relay.is_usable:
                    log.error("relay_login_does_not_open", relay=relay.name)
            self.book = book
            for route in self:
                route.follow(book)

    def figures(self) -> list[RelayFigures]:
        by_relay: dict[int, list[RelayFigures]] = {}
        for route in self:
            for number, (report, connections) in route.transmitter.reports().items():
                since = datetime.fromtimestamp(report.failing_since, UTC) if report.failing_since else None
                figures = RelayFigures(
                    number, connections, report.accepted, report.deferred, report.refused, report.problem, since
                )
                by_relay.setdefault(number, []).append(figures)
        return [_together(rows) for number, rows in by_relay.items() if number != SETTINGS_RELAY]


def _together(rows: list[RelayFigures]) -> RelayFigures:
    failing = next((row for row in rows if row.problem), rows[0])
    return RelayFigures(
        rows[0].number,
        sum(row.connections for row in rows),
        sum(row.accepted for row in rows),
        sum(row.deferred for row in rows),
        sum(row.refused for row in rows),
        failing.problem,
        failing.failing_since,
    )


def providers_of(claim: Claim) -> list[str]:
    return [provider_of(domain_of(row.email or "")) for row in claim.rows]


def narrowed(claim: Claim, allowance: Allowance) -> Claim:
    return replace(claim, rows=[claim.rows[position] for position in allowance.allowed(providers_of(claim))])


def write_figures(sender: str, figures: list[RelayFigures]) -> None:
    """Those not updated for an hour are deleted."""
    now = clock.now()
    with tenancy.platform(PlatformReason.RELAYS):
        relay_ids = set(Relay.objects.filter(id__in=[row.number for row in figures]).values_list("id", flat=True))
        RelayReport.objects.bulk_create(
            [
                RelayReport(
                    relay_id=row.number, sender=sender, at=now, connections=row.connections,
                    problem=row.problem.replace("\x00", " ")[:500], failing_since=row.failing_since,
                    accepted=row.accepted, deferred=row.deferred, refused=row.refused,
                )
                for row in figures if row.number in relay_ids
            ],
            update_conflicts=True,
            unique_fields=["relay", "sender"],
            update_fields=["at", "connections", "problem", "failing_since", "accepted", "deferred", "refused"],
        )  # fmt: skip
        RelayReport.objects.filter(at__lt=now - REPORTS_KEPT).delete()
