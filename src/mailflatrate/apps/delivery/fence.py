"""The fence: all sending is held while the database may be behind its journals (ADR 0020).

A promoted replica, a restored dump and a restored base backup each differ from the database whose identity the fence
holds. The claim of a chunk compares it in its own statement, so nothing is sent before the change is noticed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from django.db import connection
from django.db.models import F, Max, Q
from django.db.models.functions import Now

from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import maybe_sent, withdrawal_logs
from mailflatrate.apps.delivery.actions import campaigns as campaigns_actions
from mailflatrate.apps.delivery.actions import lost_host
from mailflatrate.apps.delivery.fence_sql import IDENTITY
from mailflatrate.apps.delivery.models import Chunk, ChunkState, SenderProcess, SendingFence
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.rules.campaign_states import RUNNING, UNFINISHED
from mailflatrate.settings.schema import load_settings

ALIVE = timedelta(minutes=10)
"""A process last seen longer than this before the database's last moment had nothing under way then."""
SILENT = timedelta(seconds=10)
"""A process silent for this long on a held database has nothing more to note in its journal."""

log = structlog.get_logger(__name__)


class HoldCause(StrEnum):
    """The reason all sending is held."""

    PAUSED = "paused"
    PROMOTED = "promoted"
    RESTORED = "restored"


class NotAccounted(Exception):
    """Raised when sender processes have not replayed their journals; `names` lists them."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


class WithdrawalsMissing(Exception):
    """Raised when the withdrawals of `hosts` were not read."""

    def __init__(self, hosts: list[str]) -> None:
        super().__init__(", ".join(hosts))
        self.hosts = hosts


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold of all sending. `waits_for`: sender processes that have not replayed their journals yet.

    `knows_withdrawals`: every host's withdrawals were read. Otherwise `unread` names the hosts that still have to.
    """

    since: datetime
    cause: HoldCause
    missing: int
    waits_for: list[str]
    knows_withdrawals: bool = True
    unread: tuple[str, ...] = ()


def ensure_fence() -> None:
    """Accept this database for sending, unless another one was accepted before."""
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.get_or_create(id=1, defaults={"identity": _identity()})


def current_hold() -> Hold | None:
    """Return the hold of all sending, if there is one."""
    with tenancy.platform(PlatformReason.FENCE):
        fence = SendingFence.objects.filter(id=1, held_at__isnull=False).first()
        if fence is None or fence.held_at is None:
            return None
        waits_for, cause = _not_accounted(fence.held_at), HoldCause(fence.cause)
        if cause is HoldCause.PAUSED or (fence.withdrawals_at is not None and fence.withdrawals_at >= fence.held_at):
            return Hold(fence.held_at, cause, fence.missing, waits_for)
        unread = withdrawal_logs.unread_hosts()
        return Hold(fence.held_at, cause, fence.missing, waits_for, not unread, tuple(unread))


def is_held() -> bool:
    """Return whether all sending is held. Works in any scope."""
    return SendingFence.objects.filter(id=1, held_at__isnull=False).exists()


def check() -> Hold | None:
    """Hold all sending if this database is not the accepted one; return the hold, if there is one."""
    with tenancy.platform(PlatformReason.FENCE):
        fence = SendingFence.objects.filter(id=1).first()
        identity = _identity()
        known = fence is not None and fence.identity == identity
    if fence is not None and not known and (fence.held_at is None or fence.cause == HoldCause.PAUSED):
        _hold(_cause_of(fence.identity, identity))
    return current_hold()


def pause_all() -> None:
    """Stop all sending within a second. A hold for another cause is left unchanged."""
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.filter(id=1, held_at=None).update(held_at=Now(), cause=HoldCause.PAUSED)


@dataclass(frozen=True, slots=True)
class RestoreFindings:
    """What needs a decision after a backup was restored: chunks with unknown results, and campaigns that may have been
    sent.

    Those campaigns are drafts again, or paused, until a person decides.
    """

    chunks: int
    unscheduled: list[Campaign]
    paused: list[Campaign]


def hold_restored(lost_since: datetime, *, keep_unsettled: bool = False) -> RestoreFindings:
    """Record that a backup was restored: nothing that may have been sent since then is sent automatically.

    `keep_unsettled`: every sender's journal survived, so a planned delivery that no journal knows was not sent. A
    campaign that is yet to be planned is set aside in any case, since journals do not name campaigns.
    """
    _hold(HoldCause.RESTORED)
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.filter(id=1).update(cause=HoldCause.RESTORED)
        withdrawal_logs.begin_hold(lost_since)
    waiting = maybe_sent.set_aside()  # first: an A/B test whose last result is settled would continue
    drafts = [each for each in waiting if each.state == CampaignState.DRAFT]
    paused = [each for each in waiting if each.state == CampaignState.PAUSED]
    log.warning("backup_restored", lost_since=lost_since.isoformat(), drafts=len(drafts), paused=len(paused))
    return RestoreFindings(0 if keep_unsettled else settle_as_unknown(), drafts, paused)


def note_seen(name: str) -> None:
    """Record that a sender process is alive."""
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.update_or_create(name=name, defaults={"seen_at": Now()})


def other_host_sends(name: str) -> bool:
    """Return whether a sender process on another host than the process `name` was seen in the last ten minutes.

    A process's name begins with the name of its host.
    """
    own = f"{name.partition('.')[0]}."
    with tenancy.platform(PlatformReason.FENCE):
        recent = SenderProcess.objects.filter(seen_at__gt=Now() - ALIVE)
        return recent.exclude(name__startswith=own).exists()


def note_replayed(name: str, missing: int) -> None:
    """Record that a sender process has replayed its host's journals on this held database."""
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.update_or_create(name=name, defaults={"seen_at": Now(), "replayed_at": Now()})
        if missing:
            SendingFence.objects.filter(id=1).update(missing=F("missing") + missing)


def forget_process(name: str) -> None:
    """Forget a sender process that has ended with its journal written."""
    with tenancy.platform(PlatformReason.FENCE):
        SenderProcess.objects.filter(name=name).delete()


def resume_if_whole() -> bool:
    """Resume sending after a promotion once all journals and withdrawals were replayed and nothing is missing."""
    if not load_settings().resume_after_promotion:
        return False
    hold = current_hold()
    if hold is None or hold.cause is not HoldCause.PROMOTED or hold.missing or hold.waits_for:
        return False
    if not hold.knows_withdrawals:
        return False
    log.warning("sending_resumed", cause=hold.cause.value, by="journals")
    _open()
    return True


def resume_all(
    without: set[str], *, nothing_lost: bool = False, without_withdrawals: bool = False, signed_by: str = ""
) -> None:
    """Resume sending on a person's decision, unless something is still missing.

    Raises NotAccounted while processes that are not in `without` have not reported, and WithdrawalsMissing until every
    host's withdrawals were read, unless the operator gives some up or nothing was lost; GapUnsigned if nobody signed
    for those. It is unknown what the processes in `without` sent, so everything unsettled gets an unknown result. Names
    may be shortened to the host.
    `nothing_lost`: this database has everything that the previous one had, such as after an upgrade of PostgreSQL, so
    planned campaigns keep their time.
    """
    hold = check()
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
    """Give every unsettled delivery of running campaigns an unknown result; return the number of chunks affected."""
    with tenancy.platform(PlatformReason.FENCE):
        campaigns = Q(campaign__state__in=UNFINISHED) | Q(campaign=None)
        chunks = Chunk.objects.filter(campaigns).exclude(state=ChunkState.CANCELLED)
        rows = list(chunks.values_list("account_id", "id"))
    return sum([lost_host.end_unknown(account_id, chunk_id) for account_id, chunk_id in rows])


def _open() -> None:
    with tenancy.platform(PlatformReason.FENCE):
        SendingFence.objects.filter(id=1).update(held_at=None, cause="", missing=0, identity=_identity())
        running = list(Campaign.objects.filter(state__in=RUNNING).values_list("account_id", "id"))
        # In the same transaction: a campaign whose planning waited has no job that a sweep would wake.
        for campaign in Campaign.objects.filter(state=CampaignState.PLANNING):
            with tenancy.account(campaign.account_id):
                campaigns_actions.defer_planning(campaign)
    for account_id, campaign_id in running:
        campaigns_actions.wake_campaign(account_id, campaign_id)


def _hold(cause: HoldCause) -> None:
    with tenancy.platform(PlatformReason.FENCE):
        fence = SendingFence.objects.select_for_update().get(id=1)
        if fence.held_at is not None and fence.cause != HoldCause.PAUSED:
            return
        log.error("sending_held", cause=cause.value)
        SendingFence.objects.filter(id=1).update(held_at=Now(), cause=cause)
        newest = SenderProcess.objects.aggregate(at=Max("seen_at"))["at"]
        if newest is not None:
            SenderProcess.objects.filter(seen_at__lt=newest - ALIVE).delete()
        withdrawal_logs.begin_hold()
        _jump_identifiers()


def _jump_identifiers() -> None:
    """Leave a gap in the identifiers, because ids of lost rows appear in links of messages already received."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT jump_identifiers()")


def _not_accounted(held_at: datetime) -> list[str]:
    """Return processes with unreplayed journals; a process that is gone may be replayed by another on its host."""
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


def _cause_of(known: str, found: str) -> HoldCause:
    """Return the cause of a hold. A promotion changes only the timeline. A base backup restored to an earlier moment
    does, too, but then its last sign of life is old.
    """
    before, after = known.split("/"), found.split("/")
    same_but_timeline = (before[0], *before[2:]) == (after[0], *after[2:])
    with tenancy.platform(PlatformReason.FENCE):
        is_recent = SenderProcess.objects.filter(seen_at__gt=Now() - ALIVE).exists()
    return HoldCause.PROMOTED if same_but_timeline and is_recent else HoldCause.RESTORED
