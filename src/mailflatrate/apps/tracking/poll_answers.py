"""Answers to a campaign's questions, one for each message: a count, and a mark in `poll_ballot` that names neither
message nor answer. Only people who agreed, and leave their name in, have a row (R-107).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from django.db import connection, transaction

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.models import Edition
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.lists.actions.contacts import record_activity
from mailflatrate.apps.tracking.actions import is_recorded
from mailflatrate.apps.tracking.models import PollAnswer, PollBallot, PollComment
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.content.poll_links import Poll, poll_from_json
from mailflatrate.rules.limits import value as limit

LONGEST_COMMENT: Final = 1000
_COUNT = """
INSERT INTO poll_count (account_id, campaign_id, edition_id, poll, answer, people) VALUES (%s, %s, %s, %s, %s, 1)
ON CONFLICT (account_id, campaign_id, edition_id, poll, answer) DO UPDATE SET people = poll_count.people + 1
"""
_BALLOT = """
INSERT INTO poll_ballot (account_id, mark, expires_on) VALUES (%s, %s, %s)
ON CONFLICT (account_id, mark) DO NOTHING RETURNING 1
"""


class PollState(StrEnum):
    OPEN = "open"
    COUNTED = "counted"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class AskedPoll:
    """A question of one message. `may_name`: the answer is kept with the person, unless they say otherwise."""

    number: int
    poll: Poll
    state: PollState
    may_name: bool


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """What a person sends. `with_name`: the page said that the answer is kept with the person, and they left it so."""

    answer: int
    comment: str = ""
    with_name: bool = False


def polls_of(edition: Edition) -> tuple[Poll, ...]:
    return tuple(map(poll_from_json, edition.facts.get("polls", [])))


@tenancy.needs_account
def asked_poll(delivery: DeliveryRecord, number: int) -> AskedPoll | None:
    """Return question `number` of a campaign's message; None if it has no such question. Changes nothing."""
    edition = Edition.objects.filter(id=delivery.edition_id or 0).only("facts").first()
    polls = polls_of(edition) if edition is not None and delivery.campaign_id is not None else ()
    if number >= len(polls):
        return None
    may_name = delivery.contact is not None and delivery.contact.tracking
    return AskedPoll(number, polls[number], _state(delivery, number), may_name)


def _state(delivery: DeliveryRecord, number: int) -> PollState:
    if PollBallot.objects.filter(mark=_mark(delivery, number)).exists():
        return PollState.ANSWERED
    return PollState.OPEN if clock.now() < _closes_at(delivery) else PollState.CLOSED


@tenancy.needs_account
@transaction.atomic
def record_answer(delivery: DeliveryRecord, asked: AskedPoll, given: GivenAnswer) -> PollState:
    """Count the answer to an open question of a message, once. Raises ValueError for an answer that it doesn't have."""
    if not 0 <= given.answer < len(asked.poll.answers):
        raise ValueError(f"question {asked.number} has no answer {given.answer}")
    if clock.now() >= _closes_at(delivery):
        return PollState.CLOSED
    if not _cast_ballot(delivery, asked.number):
        return PollState.ANSWERED
    assert delivery.campaign_id is not None and delivery.edition_id is not None
    where = (delivery.campaign_id, delivery.edition_id, asked.number, given.answer)
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [delivery.account_id, *where])
    is_named = asked.may_name and given.with_name and is_recorded(delivery)
    if is_named:
        _keep_with_name(delivery, asked.number, given.answer)
    if asked.poll.with_comment and (text := given.comment.strip()[:LONGEST_COMMENT]):
        PollComment.objects.create(
            campaign_id=where[0],
            edition_id=where[1],
            poll=asked.number,
            answer=given.answer,
            text=text,
            day=clock.now().date(),
            delivery_id=delivery.id if is_named else None,
        )
    return PollState.COUNTED


@tenancy.needs_account
@transaction.atomic
def delete_comment(comment_id: int, *, by: User) -> None:
    """Delete a comment; the answer stays counted. Raises PollComment.DoesNotExist."""
    row = PollComment.objects.select_for_update().get(id=comment_id)
    row.delete()
    audit.record(
        "campaign.answer_comment_deleted",
        by=audit.person(by),
        account_id=row.account_id,
        subject=f"campaign:{row.campaign_id}",
        details={"comment": comment_id},
    )


def _cast_ballot(delivery: DeliveryRecord, number: int) -> bool:
    """Return whether this is the message's first answer to the question; a second one at the same time waits for it."""
    expires_on = _first_of_next_month(_closes_at(delivery))
    with connection.cursor() as cursor:
        cursor.execute(_BALLOT, [delivery.account_id, _mark(delivery, number), expires_on])
        return cursor.fetchone() is not None


def _keep_with_name(delivery: DeliveryRecord, number: int, answer: int) -> None:
    assert delivery.campaign_id is not None and delivery.edition_id is not None and delivery.contact_id is not None
    now = clock.now()
    PollAnswer.objects.create(
        campaign_id=delivery.campaign_id,
        edition_id=delivery.edition_id,
        poll=number,
        answer=answer,
        delivery_id=delivery.id,
        at=now,
    )
    record_activity(delivery.contact_id, now)


def _mark(delivery: DeliveryRecord, number: int) -> bytes:
    return key_ring().ballot_mark(delivery.account_id, delivery.id, number)


def _closes_at(delivery: DeliveryRecord) -> datetime:
    return delivery.created_at + timedelta(days=limit("poll_open_days"))


def _first_of_next_month(moment: datetime) -> date:
    """Return a day so far from the message's own that it doesn't lead back to it."""
    return date(moment.year + moment.month // 12, moment.month % 12 + 1, 1)
