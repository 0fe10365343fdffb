"""Every write to deliveries outside of a sender's own batches; one transaction each."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Max, Min, Sum
from django.db.models.functions import Now
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.delivery import confirmations, lanes, told, trials, wake
from mailflatrate.apps.delivery.models import (
    Begun,
    Chunk,
    ChunkState,
    Delivery,
    DeliveryState,
    LostClaim,
    Plan,
    Retry,
    Tally,
)
from mailflatrate.apps.delivery.queries import unsent_after_end
from mailflatrate.apps.delivery.wake import figures_changed
from mailflatrate.base import clock, jobs, tenancy
from mailflatrate.rules.measures import Counts, Level, Scope, judge
from mailflatrate.settings.schema import load_settings

RUNNING = (CampaignState.SENDING, CampaignState.WAITING)
UNDER_WAY = (CampaignState.PLANNING, *RUNNING)
OPEN_CHUNKS = (ChunkState.READY, ChunkState.SENDING)

# Rows of one chunk that end without a sender's word, counted in the same statement.
_END_ROWS = """
WITH ended AS (
    UPDATE delivery d SET state = %(state)s, reason = %(reason)s, settled_at = now()
    WHERE d.account_id = %(account_id)s AND d.chunk_id = %(chunk_id)s AND d.state = ANY(%(from)s::text[])
    RETURNING d.id, d.campaign_id
)
INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
SELECT %(account_id)s, %(chunk_id)s, campaign_id, %(state)s, '', count(*) FROM ended GROUP BY campaign_id
ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
"""

# What the marks of a lost sender say about the rows of its chunk (ADR 0020). The rest stays pending. Marks do not wait
# for the disk: when the database was restarted after the sender's last sign of life, the last ones may be missing, and
# only what was accepted by an earlier one is known.
_BY_MARKS = """
WITH mark AS (
    DELETE FROM begun WHERE chunk_id = %(chunk_id)s AND account_id = %(account_id)s AND claimed_by = %(claimed_by)s
    RETURNING begun_to, under_way, unsent
), known AS (
    SELECT m.*, coalesce(pg_postmaster_start_time() > c.heartbeat_at, false) AS restarted
    FROM mark m JOIN chunk c ON c.id = %(chunk_id)s AND c.account_id = %(account_id)s
), ended AS (
    UPDATE delivery d
    SET state = CASE WHEN d.id = ANY(k.under_way) OR d.id > k.begun_to OR d.id = ANY(k.unsent)
            THEN 'in_doubt' ELSE 'sent' END,
        reason = 'host_lost', settled_at = now(), attempts = d.attempts + 1
    FROM known k
    WHERE d.account_id = %(account_id)s AND d.chunk_id = %(chunk_id)s AND d.state = 'pending'
      AND (k.restarted OR (d.id <= k.begun_to AND NOT d.id = ANY(k.unsent)))
    RETURNING d.id, d.campaign_id, d.state
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, %(chunk_id)s, campaign_id, state, '', count(*) FROM ended GROUP BY campaign_id, state
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
)
SELECT array_agg(id) FILTER (WHERE state = 'in_doubt') FROM ended
"""

_REOPEN = """
WITH moved AS (
    UPDATE delivery SET chunk_id = %(chunk_id)s, state = 'pending', reason = '', settled_at = NULL,
        attempts = greatest(attempts - 1, 0)
    WHERE id = ANY(%(ids)s) AND account_id = %(account_id)s AND state = 'in_doubt' AND reason = 'host_lost'
    RETURNING id
)
UPDATE tally SET count = count - (SELECT count(*) FROM moved)
WHERE account_id = %(account_id)s AND chunk_id = %(from)s AND state = 'in_doubt' AND detail = ''
"""

# Due retries of one lane become a chunk of their own; the tally of the chunk they leave follows them.
_COLLECT = """
WITH due AS (
    DELETE FROM retry WHERE account_id = %(account_id)s AND delivery_id IN (
        SELECT r.delivery_id FROM retry r
        JOIN delivery d ON d.id = r.delivery_id AND d.account_id = r.account_id
        JOIN chunk k ON k.id = d.chunk_id AND k.account_id = r.account_id AND k.provider = %(provider)s
        WHERE r.account_id = %(account_id)s AND r.campaign_id IS NOT DISTINCT FROM %(campaign_id)s
          AND r.due_at <= %(now)s
        ORDER BY r.due_at LIMIT %(most)s FOR UPDATE OF r SKIP LOCKED)
    RETURNING delivery_id
), before AS (
    SELECT d.id, d.chunk_id FROM delivery d JOIN due ON due.delivery_id = d.id
    WHERE d.account_id = %(account_id)s AND d.state = 'deferred'
), moved AS (
    UPDATE delivery d SET chunk_id = %(chunk_id)s, state = 'pending' FROM before
    WHERE d.id = before.id AND d.account_id = %(account_id)s
    RETURNING d.id
), counted AS (
    INSERT INTO tally (account_id, chunk_id, campaign_id, state, detail, count)
    SELECT %(account_id)s, chunk_id, %(campaign_id)s, 'deferred', '', -count(*) FROM before GROUP BY chunk_id
    ON CONFLICT (account_id, chunk_id, state, detail) DO UPDATE SET count = tally.count + excluded.count
)
SELECT count(*) FROM moved
"""


def _run(statement: str, parameters: dict[str, Any]) -> int:
    """Run one statement; the first value of its first row, or the number of rows it wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.fetchone()[0]) if cursor.description else cursor.rowcount


def _locked(campaign_id: int | None) -> Campaign | None:
    """The campaign's row, always locked before its chunks, so that two ends of a campaign cannot miss each other."""
    return Campaign.objects.select_for_update().filter(id=campaign_id).first() if campaign_id else None


def _move(campaign: Campaign, state: CampaignState, reason: str = "") -> None:
    campaign.state, campaign.state_reason = state, reason
    if state in (CampaignState.SENT, CampaignState.CANCELLED):
        campaign.finished_at = clock.now()
    campaign.save(update_fields=["state", "state_reason", "finished_at"])
    told.tell_moved(campaign)


# -- what the customer does ------------------------------------------------------------------------------------------


def pause_campaign(campaign_id: int, reason: str = "") -> None:
    """Stop within a second, in the middle of a chunk; what is left waits. Raises CampaignError when it does not run."""
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    if campaign.state not in UNDER_WAY:
        raise CampaignError(_("Only a running mailing can be paused."))
    _move(campaign, CampaignState.PAUSED, reason)


def hold_campaign(campaign_id: int, rule: str, reason: str) -> None:
    """A rule stops a mailing: only a reviewer lets it go on (R-90). One that is over stays as it is."""
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    if campaign.state not in (*UNDER_WAY, CampaignState.PAUSED):
        return
    campaign.hold_rule = campaign.hold_rule or rule
    campaign.save(update_fields=["hold_rule"])
    _move(campaign, CampaignState.PAUSED, reason)


def release_hold(account_id: int, campaign_id: int) -> None:
    """The reviewer is content: the customer may let the mailing go on. Runs inside `tenancy.platform(...)`."""
    Campaign.objects.filter(id=campaign_id, account_id=account_id).update(hold_rule="")


def resume_campaign(campaign_id: int) -> None:
    """Go on with what is left. A mailing that its canary stopped (R-88) goes on as a whole, on the customer's word.

    Raises CampaignError when it is not paused.
    """
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    if campaign.state != CampaignState.PAUSED:
        raise CampaignError(_("Only a paused mailing can go on."))
    if campaign.hold_rule:
        raise CampaignError(_("A rule of the service stopped this mailing; a person looks at it first (R-90)."))
    plan = Plan.objects.filter(campaign_id=campaign_id).first()
    if plan is None or plan.finished_at is None:
        _resume_planning(campaign, plan)
        return
    canary_is_through = not Chunk.objects.filter(campaign_id=campaign_id, number=0, state__in=OPEN_CHUNKS).exists()
    if plan.canary_size and plan.released_at is None and canary_is_through:
        plan.released_at = clock.now()
        plan.save(update_fields=["released_at"])
    _move(campaign, CampaignState.SENDING)
    wake.wake_campaign(campaign.account_id, campaign.id)
    _complete(campaign)


def _resume_planning(campaign: Campaign, plan: Plan | None) -> None:
    if plan is None:
        decision = trials.decisions_of(campaign.id)[0]
        edition_id, decision_id = decision.edition_id, decision.id
    else:
        edition_id, decision_id = plan.edition_id, plan.decision_id
    _move(campaign, CampaignState.PLANNING)
    jobs.defer(
        "delivery.plan_campaign", jobs.Queue.PLAN, account_id=campaign.account_id, campaign_id=campaign.id,
        edition_id=edition_id, decision_id=decision_id,
    )  # fmt: skip


def cancel_campaign(campaign_id: int) -> None:
    """End it for good; what has not left is cancelled. Raises CampaignError when it is over already."""
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    if campaign.state not in (*UNDER_WAY, CampaignState.PAUSED):
        raise CampaignError(_("Only a mailing that is under way can be cancelled."))
    _move(campaign, CampaignState.CANCELLED)
    Chunk.objects.filter(campaign_id=campaign_id, state=ChunkState.READY).update(state=ChunkState.CANCELLED)
    jobs.defer("delivery.cancel_rest", jobs.Queue.PLAN, account_id=campaign.account_id, campaign_id=campaign.id)


def cancel_rest(account_id: int, campaign_id: int) -> None:
    """Give the rows of a cancelled campaign their final state, chunk by chunk. Repeated, it finds nothing to do."""
    with tenancy.account(account_id):
        Retry.objects.filter(campaign_id=campaign_id).delete()
        chunk_ids = list(
            Chunk.objects.filter(campaign_id=campaign_id).exclude(state=ChunkState.SENDING).values_list("id", flat=True)
        )
    for chunk_id in chunk_ids:
        with tenancy.account(account_id):
            _cancel_rows(account_id, chunk_id)


def _cancel_rows(account_id: int, chunk_id: int) -> None:
    deferred = Delivery.objects.filter(chunk_id=chunk_id, state=DeliveryState.DEFERRED).count()
    _end_rows(account_id, chunk_id, DeliveryState.CANCELLED, "", (DeliveryState.PENDING, DeliveryState.DEFERRED))
    if deferred:
        Tally.objects.filter(chunk_id=chunk_id, state=DeliveryState.DEFERRED).update(count=0)


def _end_rows(
    account_id: int, chunk_id: int, state: DeliveryState, reason: str, origin: tuple[DeliveryState, ...]
) -> None:
    parameters = {"account_id": account_id, "chunk_id": chunk_id, "state": state.value, "reason": reason}
    _run(_END_ROWS, {**parameters, "from": [each.value for each in origin]})


# -- what a sender hands back ----------------------------------------------------------------------------------------


def finish_chunk(
    account_id: int,
    chunk_id: int,
    claimed_by: str,
    *,
    relay_problem: str = "",
    relay_answered: bool = False,
    pause_seconds: float = 0.0,
) -> None:
    """A sender is through with a chunk, or gives back what is left of it.

    A campaign whose relay does not answer is shown as waiting; the chunk is woken after the pause.
    """
    with tenancy.account(account_id):
        campaign_id = Chunk.objects.filter(id=chunk_id).values_list("campaign_id", flat=True).first()
        campaign = _locked(campaign_id)
        chunk = (
            Chunk.objects.select_for_update()
            .filter(id=chunk_id, claimed_by=claimed_by, state=ChunkState.SENDING)
            .first()
        )
        if chunk is None:
            return
        if campaign is not None:
            _note_relay(campaign, relay_problem, answered=relay_answered)
        _give_back(chunk, campaign, pause_seconds)


def _give_back(chunk: Chunk, campaign: Campaign | None, pause_seconds: float = 0.0) -> None:
    """End the claim of a chunk: what is pending is ready again, and without such rows the chunk is done. The caller
    holds both rows."""
    account_id, chunk_id = chunk.account_id, chunk.id
    Begun.objects.filter(chunk_id=chunk_id).delete()
    if campaign is not None and campaign.state == CampaignState.CANCELLED:
        Retry.objects.filter(campaign_id=campaign.id).delete()
        _cancel_rows(account_id, chunk_id)
    if campaign is not None:
        lanes.sort_out(chunk)
    left = Delivery.objects.filter(chunk_id=chunk_id, state=DeliveryState.PENDING).exists()
    chunk.claimed_by, chunk.state = "", ChunkState.READY if left else ChunkState.DONE
    if left and pause_seconds:
        chunk.not_before = clock.now() + timedelta(seconds=pause_seconds)
    chunk.save(update_fields=["claimed_by", "state", "not_before"])
    if left:
        wake.wake_chunk(account_id, chunk_id)
    else:
        _wake_retries(account_id, chunk.campaign_id)
        if chunk.campaign_id is None:
            confirmations.note_accepted(chunk_id)
        if campaign is not None:
            _after_canary(campaign, chunk)
            _complete(campaign)
    if campaign is not None:
        _wake_next_turn(campaign)


def _wake_next_turn(campaign: Campaign) -> None:
    """A campaign that is sent in turns wakes its chunks one after another."""
    if Plan.objects.filter(campaign_id=campaign.id, per_turn__isnull=False).exists():
        wake.wake_campaign(campaign.account_id, campaign.id)


def _note_relay(campaign: Campaign, problem: str, *, answered: bool) -> None:
    if problem and campaign.state == CampaignState.SENDING:
        _move(campaign, CampaignState.WAITING, problem[:500])
    elif answered and not problem and campaign.state == CampaignState.WAITING:
        _move(campaign, CampaignState.SENDING)


def wake_chunk(account_id: int, chunk_id: int, pause_seconds: float = 0.0) -> None:
    """Enqueue a ready chunk again whose job was taken by a process that stops, or whose relays rest for a while."""
    at = clock.now() + timedelta(seconds=pause_seconds) if pause_seconds else None
    with tenancy.account(account_id):
        wake.wake_chunk(account_id, chunk_id, at)


def wake_campaign(account_id: int, campaign_id: int) -> None:
    """Enqueue whatever of a running campaign is ready and has no job, and notice when nothing is left (the sweep)."""
    with tenancy.account(account_id):
        campaign = _locked(campaign_id)
        if campaign is not None and campaign.state in RUNNING:
            wake.wake_campaign(campaign.account_id, campaign.id)
            _complete(campaign)


def _complete(campaign: Campaign) -> None:
    """The campaign is sent when no chunk is open and no retry is left. The caller holds its row."""
    if campaign.state not in RUNNING:
        return
    if Chunk.objects.filter(campaign_id=campaign.id, state__in=OPEN_CHUNKS).exists():
        return
    if trials.test_goes_on(campaign):
        trials.end_test(campaign)
    elif not Retry.objects.filter(campaign_id=campaign.id).exists():
        _move(campaign, CampaignState.SENT)
        figures_changed(campaign.id)


def stop_unusable(account_id: int, campaign_id: int | None, reason: str) -> None:
    """No letter can be made from a campaign's edition: pause it, with the reason."""
    with tenancy.account(account_id):
        campaign = _locked(campaign_id)
        if campaign is not None and campaign.state in RUNNING:
            _move(campaign, CampaignState.PAUSED, reason)


def abandon_chunk(account_id: int, chunk_id: int, claimed_by: str) -> None:
    """The host of a claimed chunk is gone with its journal: its marks say what was begun (ADR 0020).

    What was not begun is sent by another sender; what was under way is unknown until the journal is found.
    """
    with tenancy.account(account_id):
        campaign = _locked(Chunk.objects.filter(id=chunk_id).values_list("campaign_id", flat=True).first())
        held = Chunk.objects.select_for_update().filter(id=chunk_id, claimed_by=claimed_by, state=ChunkState.SENDING)
        chunk = held.first()
        if chunk is None:
            return
        with connection.cursor() as cursor:
            cursor.execute(_BY_MARKS, {"account_id": account_id, "chunk_id": chunk_id, "claimed_by": claimed_by})
            (unknown,) = cursor.fetchone()
        if unknown:
            LostClaim.objects.create(
                campaign_id=chunk.campaign_id, chunk=chunk, claimed_by=claimed_by, deliveries=unknown
            )
        _give_back(chunk, campaign)


def end_unknown(account_id: int, chunk_id: int) -> None:
    """Give every unsettled row of a chunk an unknown result: the database may have forgotten that it was sent."""
    with tenancy.account(account_id):
        campaign = _locked(Chunk.objects.filter(id=chunk_id).values_list("campaign_id", flat=True).first())
        chunk = Chunk.objects.select_for_update().get(id=chunk_id)
        deferred = Delivery.objects.filter(chunk_id=chunk_id, state=DeliveryState.DEFERRED)
        Retry.objects.filter(delivery__in=deferred).delete()
        Tally.objects.filter(chunk_id=chunk_id, state=DeliveryState.DEFERRED).update(count=0)
        origin = (DeliveryState.PENDING, DeliveryState.DEFERRED)
        _end_rows(account_id, chunk_id, DeliveryState.IN_DOUBT, "database_behind", origin)
        if chunk.state != ChunkState.DONE:
            _give_back(chunk, campaign)


def reopen_lost_claim(account_id: int, lost_claim_id: int) -> int | None:
    """The journal of a lost claim is found: its deliveries form a chunk that the journal's name holds again.

    The chunk's id; None when somebody else did this.
    """
    with tenancy.account(account_id):
        campaign = _locked(LostClaim.objects.filter(id=lost_claim_id).values_list("campaign_id", flat=True).first())
        lost = LostClaim.objects.select_for_update().filter(id=lost_claim_id, settled_at=None).first()
        if lost is None:
            return None
        origin = Chunk.objects.get(id=lost.chunk_id)
        chunk = Chunk.objects.create(
            campaign_id=lost.campaign_id, number=_next_number(campaign), size=len(lost.deliveries),
            provider=origin.provider, state=ChunkState.SENDING, claimed_by=lost.claimed_by,
            claimed_at=Now(), heartbeat_at=Now(),
        )  # fmt: skip
        # Should this process end before the journal is written, the marks say once more what is unknown.
        Begun.objects.create(
            chunk=chunk, claimed_by=lost.claimed_by, begun_to=max(lost.deliveries), under_way=lost.deliveries
        )
        _run(_REOPEN, {
            "account_id": account_id, "from": lost.chunk_id, "chunk_id": chunk.id, "ids": lost.deliveries,
        })  # fmt: skip
        LostClaim.objects.filter(id=lost.id).update(settled_at=clock.now())
        return chunk.id


def send_unsent(campaign_id: int) -> int:
    """Send a finished campaign to the recipients who certainly did not get it; their number.

    These are rows that a journal, found after the campaign was over, proved unsent. Each is checked again at the door.
    Raises CampaignError when there is nobody.
    """
    campaign = Campaign.objects.select_for_update().get(id=campaign_id)
    number = unsent_after_end(campaign_id)
    if campaign.state != CampaignState.SENT or not number:
        raise CampaignError(_("Everyone in this campaign has a result, so there is nobody to send it to."))
    _move(campaign, CampaignState.SENDING)
    wake.wake_campaign(campaign.account_id, campaign.id)
    return number


def _next_number(campaign: Campaign | None) -> int:
    if campaign is None:
        return 0
    highest = Chunk.objects.filter(campaign_id=campaign.id).aggregate(n=Max("number"))["n"]
    return (highest or 0) + 1


# -- canary ----------------------------------------------------------------------------------------------------------


def _after_canary(campaign: Campaign, chunk: Chunk) -> None:
    """The canary is through: look at its result when bounces have had time to come back (R-88)."""
    if chunk.number != 0:
        return
    plan = Plan.objects.filter(campaign_id=campaign.id, canary_size__gt=0, released_at=None).first()
    if plan is None:
        return
    wait = load_settings().canary_wait_seconds
    jobs.defer(
        "delivery.release_canary", jobs.Queue.PLAN, at=clock.now() + timedelta(seconds=wait) if wait else None,
        once=f"canary:{campaign.id}", account_id=campaign.account_id, campaign_id=campaign.id,
    )  # fmt: skip


def release_canary(account_id: int, campaign_id: int) -> None:
    """Let the rest of a campaign go, or pause it when too much of the canary bounced hard (R-88, R-85)."""
    with tenancy.account(account_id):
        campaign = _locked(campaign_id)
        plan = Plan.objects.filter(campaign_id=campaign_id, released_at=None).first()
        if campaign is None or plan is None or campaign.state not in RUNNING:
            return
        tallies = Tally.objects.filter(chunk__campaign_id=campaign_id, chunk__number=0)
        settled = tallies.filter(state__in=(DeliveryState.SENT, DeliveryState.BOUNCED))
        hard = settled.filter(state=DeliveryState.BOUNCED, detail="hard").aggregate(n=Sum("count"))["n"] or 0
        counts = Counts(settled=settled.aggregate(n=Sum("count"))["n"] or 0, hard=hard)
        need = next((need for need in judge(counts, Scope.MAILING) if need.level >= Level.PAUSE_MAILING), None)
        if need is not None:
            with translation.override(current_account().language):  # the customer reads it
                found = _("%(events)d of the first %(base)d addresses do not exist (%(percent)s %%).") % {
                    "events": need.events, "base": need.base, "percent": number_format(need.percent, 1),
                }  # fmt: skip
            hold_campaign(campaign.id, need.rule, found)
            figures_changed(campaign.id)
            return
        plan.released_at = clock.now()
        plan.save(update_fields=["released_at"])
        wake.wake_campaign(campaign.account_id, campaign.id)


# -- retries ---------------------------------------------------------------------------------------------------------


def _of(campaign_id: int | None) -> dict[str, Any]:
    """The rows of a campaign, or of no campaign: notices."""
    return {"campaign__isnull": True} if campaign_id is None else {"campaign_id": campaign_id}


def _wake_retries(account_id: int, campaign_id: int | None) -> None:
    """Enqueue the collecting of retries for the moment the first one is due."""
    first = Retry.objects.filter(**_of(campaign_id)).aggregate(at=Min("due_at"))["at"]
    if first is not None:
        jobs.defer(
            "delivery.collect_retries", jobs.Queue.PLAN, at=first, once=f"retries:{account_id}:{campaign_id}",
            account_id=account_id, campaign_id=campaign_id,
        )  # fmt: skip


def collect_retries(account_id: int, campaign_id: int | None) -> None:
    """Put due retries of one campaign (None: of the account's notices) into chunks and wake those."""
    most = load_settings().chunk_size
    while _collect_some(account_id, campaign_id, clock.now(), most):
        pass


def _collect_some(account_id: int, campaign_id: int | None, now: datetime, most: int) -> int:
    with tenancy.account(account_id):
        campaign = _locked(campaign_id)
        if campaign is not None and campaign.state not in RUNNING:
            return 0
        due = Retry.objects.filter(**_of(campaign_id), due_at__lte=now).order_by("due_at")
        provider = due.values_list("delivery__chunk__provider", flat=True).first()
        if provider is None:
            _wake_retries(account_id, campaign_id)
            return 0
        chunk = Chunk.objects.create(campaign_id=campaign_id, number=_next_number(campaign), size=0, provider=provider)
        parameters = {"account_id": account_id, "campaign_id": campaign_id, "chunk_id": chunk.id, "now": now}
        moved = _run(_COLLECT, {**parameters, "provider": provider, "most": most})
        Chunk.objects.filter(id=chunk.id).update(size=moved)
        if campaign is not None:
            lanes.sort_out(chunk)
        wake.wake_chunk(account_id, chunk.id)
        _wake_retries(account_id, campaign_id)
        return moved


def wake_post(account_id: int) -> None:
    """Enqueue confirmation mails and notices that are ready and have no job (the sweep)."""
    with tenancy.account(account_id):
        wake.wake_post(account_id)
