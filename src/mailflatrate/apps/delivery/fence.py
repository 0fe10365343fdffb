"""The fence: all sending is held while the database may be behind its journals (ADR 0002).
Each claim of a chunk compares the database's identity in its own statement, so nothing is sent before a change is
noticed. What a database can't tell about itself, its hosts remember (ADR 0093).
"""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from django.db import connection
from django.db.models import F, Max, Q
from django.db.models.functions import Now

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery.actions import campaigns as campaigns_actions
from mailflatrate.apps.delivery.actions import lost_host
from mailflatrate.apps.delivery.fence_sql import BEGIN_RUN, IDENTITY
from mailflatrate.apps.delivery.models import Chunk, ChunkState, SenderProcess, SendingFence, WithdrawalsPlace
from mailflatrate.apps.delivery.recovery import maybe_sent, withdrawal_logs
from mailflatrate.apps.delivery.recovery.sender_processes import ALIVE
from mailflatrate.base import tenancy
from mailflatrate.base.job_database.admission import memories, process_memory
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaigns.campaign_states import RUNNING, UNFINISHED
from mailflatrate.settings.database_memory import (
    STATE,
    DatabaseMemory,
    DatabaseState,
    MatchKind,
    SeenDatabase,
    found_state,
)
from mailflatrate.settings.schema import load_settings

SILENT = timedelta(seconds=10)
"""A process silent for so long on a held database has nothing more to note in its journal."""

UNKNOWN_HOSTS = timedelta(seconds=60)
"""A promoted database waits this long for hosts it doesn't know: as long as a claim lives without its sender."""
UNSEEN = ".unseen"
LONGEST_LINEAGE = 500

log = structlog.get_logger(__name__)


class HoldCause(StrEnum):
    PAUSED = "paused"
    PROMOTED = "promoted"
    REJOINED = "rejoined"
    RESTORED = "restored"


BY_JOURNALS = (HoldCause.PROMOTED, HoldCause.REJOINED)
"""These holds end automatically, once all journals and withdrawals were replayed."""
_SAME = (HoldCause.PAUSED, HoldCause.REJOINED)
_GRAVER = (HoldCause.PAUSED, HoldCause.REJOINED, HoldCause.PROMOTED, HoldCause.RESTORED)
"""A later one replaces an earlier one: the hold may have been copied with its database."""


class NotAccounted(Exception):
    """Sender processes in `names` have not replayed their journals."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class WithdrawalsMissing(Exception):
    """The withdrawals of `hosts` were not read."""

    def __init__(self, hosts: list[str]) -> None:
        super().__init__(", ".join(hosts))
        self.hosts = hosts


@dataclass(frozen=True, slots=True)
class Hold:
    """Wait for processes (`waits_for`) to replay, `unread` hosts' withdrawals, unknown hosts (`waits_until`)."""

    since: datetime
    cause: HoldCause
    missing: int
    waits_for: list[str]
    knows_withdrawals: bool = True
    unread: tuple[str, ...] = ()
    reason: str = ""
    waits_until: datetime | None = None


def ensure_fence() -> None:
    """Unless another database was accepted before."""
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.get_or_create(id=1, defaults={"identity": _identity(), "lineage": [uuid.uuid4()]})


def current_hold() -> Hold | None:
    with tenancy.platform(PlatformReason.FENCE):
        fence = SendingFence.objects.filter(id=1, held_at__isnull=False).first()
        if fence is None or fence.held_at is None:
            return None
        cause = HoldCause(fence.cause)
        waits_until = _waits_until(fence) if cause is HoldCause.PROMOTED else None
        hold = Hold(fence.held_at, cause, fence.missing, _not_accounted(fence.held_at))
        hold = replace(hold, reason=fence.reason, waits_until=waits_until)
        if cause is HoldCause.PAUSED or (fence.withdrawals_at is not None and fence.withdrawals_at >= fence.held_at):
            return hold
        unread = withdrawal_logs.unread_hosts()
        return replace(hold, knows_withdrawals=not unread, unread=tuple(unread))


def is_held() -> bool:
    """Works in any scope."""
    return SendingFence.objects.filter(id=1, held_at__isnull=False).exists()


def check(memory: DatabaseMemory | None = None) -> Hold | None:
    """Hold all sending if this is not the accepted database, or an earlier state. `memory`: this host's by default."""
    with tenancy.platform(PlatformReason.FENCE), connection.cursor() as cursor:
        cursor.execute(BEGIN_RUN)  # in another run, a hold begins anew
        fence = SendingFence.objects.filter(id=1).first()
        identity = _identity()
    if fence is None:
        return None
    memory = memory or process_memory()
    cause, reason = None, ""
    if fence.identity != identity:
        cause = _cause_of(fence, identity)
    elif memory is not None:
        judgment = memory.judge(memory.read(), read_state())
        if judgment.match is MatchKind.OLDER:
            cause, reason = HoldCause.RESTORED, judgment.reason
    if cause is not None and not _is_held_for(fence, cause):  # every process asks each second: no lock for nothing
        _hold(cause, reason)
    return current_hold()


def read_state() -> DatabaseState | None:
    with tenancy.platform(PlatformReason.FENCE), connection.cursor() as cursor:
        cursor.execute(STATE)
        return found_state(cursor.fetchone())


def hold_rejoined(reason: str) -> None:
    """Until the journals are replayed of a host that had no part in what happened to the database."""
    _hold(HoldCause.REJOINED, reason)


def pause_all() -> None:
    """Within a second. A hold for another cause is left unchanged."""
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.filter(id=1, held_at=None).update(held_at=Now(), cause=HoldCause.PAUSED)


@dataclass(frozen=True, slots=True)
class RestoreFindings:
    """Chunks with unknown results, and campaigns maybe sent, set aside until a person decides."""

    chunks: int
    unscheduled: list[Campaign]
    paused: list[Campaign]


def hold_restored(lost_since: datetime, *, keep_unsettled: bool = False) -> RestoreFindings:
    """Nothing that may have been sent since then is sent automatically. `keep_unsettled`: every journal survived, so
    what none knows was not sent, except for campaigns not yet planned: journals don't name campaigns.
    """
    _hold(HoldCause.RESTORED, lost_since=lost_since)
    _supersede()
    waiting = maybe_sent.set_aside()  # first: an A/B test whose last result is settled would continue
    drafts = [campaign for campaign in waiting if campaign.state == CampaignState.DRAFT]
    paused = [campaign for campaign in waiting if campaign.state == CampaignState.PAUSED]
    log.warning("backup_restored", lost_since=lost_since.isoformat(), drafts=len(drafts), paused=len(paused))
    return RestoreFindings(0 if keep_unsettled else settle_as_unknown(), drafts, paused)


def note_replayed(name: str, missing: int, seen: SeenDatabase | None = None) -> None:
    """Hosts that only `seen` remembers are waited for, too. If it saw the database's clock later than a replica may be
    behind, the database counts as restored, and a person decides.
    """
    is_synchronous = seen is not None and seen.is_synchronous
    with tenancy.platform(PlatformReason.FENCE):
        reported = {"seen_at": Now(), "replayed_at": Now(), "was_synchronous": is_synchronous}
        SenderProcess.objects.update_or_create(name=name, defaults=reported)
        fence = SendingFence.objects.select_for_update().get(id=1)
        if missing:
            SendingFence.objects.filter(id=1).update(missing=F("missing") + missing)
        if seen is None or fence.cause not in (HoldCause.PROMOTED, HoldCause.RESTORED) or fence.held_at is None:
            return
        sender_hosts = {
            process_name.partition(".")[0] for process_name in SenderProcess.objects.values_list("name", flat=True)
        }
        is_behind = fence.known_until is None or fence.known_until < seen.at - ALIVE
        if fence.cause == HoldCause.PROMOTED and is_behind:
            reason = f"its last sign of life was {fence.known_until}, and a host saw it at {seen.at}"
            SendingFence.objects.filter(id=1).update(cause=HoldCause.RESTORED, reason=reason[:200])
        for host in set(seen.hosts) - sender_hosts:
            SenderProcess.objects.create(name=f"{host}{UNSEEN}", seen_at=fence.known_until or fence.held_at)


def resume_if_whole() -> bool:
    """After a promotion, once all journals and withdrawals were replayed and nothing is missing."""
    if not load_settings().resume_after_promotion:
        return False
    hold = current_hold()
    if hold is None or hold.cause not in BY_JOURNALS or hold.missing or hold.waits_for or hold.waits_until:
        return False
    if not hold.knows_withdrawals:
        return False
    log.warning("sending_resumed", cause=hold.cause.value, by="journals")
    _open()
    return True


def resume_all(
    without: set[str], *, nothing_lost: bool = False, without_withdrawals: bool = False, signed_by: str = ""
) -> None:
    """Resume on a person's decision. Raises NotAccounted or WithdrawalsMissing while something is missing that the
    operator doesn't give up, GapUnsigned if nobody signed for it.
    What processes in `without` (a host will do) sent is unknown, and so is everything unsettled. `nothing_lost`:
    after an upgrade, say; planned campaigns keep their time.
    """
    hold = check()
    judged = [memory.judge(memory.read(), read_state()) for memory in memories()]
    refused = [judgment.reason for judgment in judged if judgment.match is MatchKind.REFUSED]
    if refused:  # a person wants this database although the host works with another one
        _hold(HoldCause.RESTORED, refused[0])
        _supersede()
        hold = current_hold()
    if hold is None:
        return
    if hold.cause is not HoldCause.PAUSED:
        left = [name for name in hold.waits_for if not without & {name, name.partition(".")[0]}]
        if left:
            raise NotAccounted(left)
        unread = [host for host in hold.unread if host not in without]
        if unread and not (nothing_lost or without_withdrawals):
            raise WithdrawalsMissing(unread)
        if hold.unread and not (nothing_lost or signed_by):
            raise withdrawal_logs.GapUnsigned(withdrawal_logs.current_gap())
        withdrawal_logs.give_up(set(hold.unread))
        if not nothing_lost and (hold.cause is HoldCause.RESTORED or hold.missing or hold.waits_for):
            maybe_sent.set_aside(hold.since)
        if hold.waits_for:
            settle_as_unknown()
            with tenancy.platform(PlatformReason.FENCE):
                SenderProcess.objects.filter(name__in=hold.waits_for).delete()
    log.warning("sending_resumed", cause=hold.cause.value, by="operator", without=sorted(without))
    _open()


def settle_as_unknown() -> int:
    """Return how many chunks."""
    with tenancy.platform(PlatformReason.FENCE):
        campaigns = Q(campaign__state__in=UNFINISHED) | Q(campaign=None)
        chunks = Chunk.objects.filter(campaigns).exclude(state=ChunkState.CANCELLED)
        rows = list(chunks.values_list("account_id", "id"))
    return sum([lost_host.end_unknown(account_id, chunk_id) for account_id, chunk_id in rows])


def _supersede() -> None:
    with tenancy.platform(PlatformReason.FENCE):
        fence = SendingFence.objects.select_for_update().get(id=1)
        heads = [uuid.UUID(seen.head) for memory in memories() if (seen := memory.read()) and seen.head]
        fence.lineage = [
            *fence.lineage,
            *(lineage_head for lineage_head in heads if lineage_head not in fence.lineage),
            uuid.uuid4(),
        ]
        fence.save(update_fields=["lineage"])


def _open() -> None:
    with tenancy.platform(PlatformReason.FENCE):
        fence = SendingFence.objects.select_for_update().get(id=1)
        if fence.cause not in _SAME:
            fence.lineage = [*fence.lineage, uuid.uuid4()][-LONGEST_LINEAGE:]
        fence.replicas = fence.replicas if fence.cause in _SAME else 0  # those of the previous primary
        fence.held_at, fence.cause, fence.reason, fence.missing, fence.identity = None, "", "", 0, _identity()
        fence.save(update_fields=["held_at", "cause", "reason", "missing", "identity", "lineage", "replicas"])
        SenderProcess.objects.filter(name__endswith=UNSEEN).delete()
        running = list(Campaign.objects.filter(state__in=RUNNING).values_list("account_id", "id"))
        # In the same transaction: a campaign whose planning waited has no job that a sweep would wake.
        for campaign in Campaign.objects.filter(state=CampaignState.PLANNING):
            with tenancy.account(campaign.account_id):
                campaigns_actions.defer_planning(campaign)
    for account_id, campaign_id in running:
        campaigns_actions.wake_campaign(account_id, campaign_id)


def _is_held_for(fence: SendingFence, cause: HoldCause) -> bool:
    return fence.held_at is not None and _GRAVER.index(HoldCause(fence.cause)) >= _GRAVER.index(cause)


def _hold(cause: HoldCause, reason: str = "", *, lost_since: datetime | None = None) -> None:
    """Unless held for it already. With `lost_since`, reports of hosts in an earlier hold no longer count."""
    with tenancy.platform(PlatformReason.FENCE):
        fence = SendingFence.objects.select_for_update().get(id=1)
        if lost_since is None and _is_held_for(fence, cause):
            return
        log.error("sending_held", cause=cause.value, reason=reason)
        newest = SenderProcess.objects.aggregate(at=Max("seen_at"))["at"]
        SendingFence.objects.filter(id=1).update(held_at=Now(), cause=cause, reason=reason[:200])
        if newest is not None:
            SenderProcess.objects.filter(seen_at__lt=newest - ALIVE).delete()
        withdrawal_logs.begin_hold(lost_since)
        _jump_identifiers()


def _waits_until(fence: SendingFence) -> datetime | None:
    """None once over. If every sender last saw the primary wait for its replica, nothing confirmed is missing."""
    reported = SenderProcess.objects.filter(replayed_at__gte=fence.held_at)
    if reported.exists() and not reported.filter(was_synchronous=False).exists():
        return None
    is_over = SendingFence.objects.filter(id=1, held_at__lt=Now() - UNKNOWN_HOSTS).exists()
    return None if is_over or fence.held_at is None else fence.held_at + UNKNOWN_HOSTS


def _jump_identifiers() -> None:
    """Leave a gap, because ids of lost rows appear in links of messages already received."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT jump_identifiers()")


def _not_accounted(held_at: datetime) -> list[str]:
    rows = list(SenderProcess.objects.order_by("name").values_list("name", "seen_at", "replayed_at"))
    alive = {name.partition(".")[0] for name, _, at in rows if at is not None and at >= held_at + SILENT}
    return [
        name
        for name, seen_at, at in rows
        if (at is None or at < held_at) and (seen_at >= held_at or name.partition(".")[0] not in alive)
    ]


def _identity() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {IDENTITY}")
        return str(cursor.fetchone()[0])


def _cause_of(fence: SendingFence, present: str) -> HoldCause:
    """A promotion changes only the timeline, however late it comes. So does a base backup restored to an earlier
    moment: then a host remembers a later one (`note_replayed`).
    """
    before, after = fence.identity.split("/"), present.split("/")
    same_but_timeline = (before[0], *before[2:]) == (after[0], *after[2:])
    with tenancy.platform(PlatformReason.FENCE):  # in a hold, processes may have ended since
        has_processes = SenderProcess.objects.exists() or WithdrawalsPlace.objects.exists()
    had_life = has_processes or fence.held_at is not None
    return HoldCause.PROMOTED if same_but_timeline and had_life else HoldCause.RESTORED
