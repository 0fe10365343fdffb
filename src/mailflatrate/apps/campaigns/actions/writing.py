"""Ask a language model about a draft: request, answer, cancel, take a suggestion (docs/features/writing-help.md)."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.campaigns.actions.drafts import editable, update_campaign
from mailflatrate.apps.campaigns.errors import CampaignError, CampaignInputError
from mailflatrate.apps.campaigns.models import Campaign, WritingRequest, WritingState
from mailflatrate.apps.campaigns.variants import as_variant, variant_count, written
from mailflatrate.apps.campaigns.writing import writing_help
from mailflatrate.apps.campaigns.writing.writing_questions import asked_about, checked_answer, suggestion_of
from mailflatrate.apps.campaigns.writing.writing_texts import texts_of, with_text, words_of_content
from mailflatrate.base import clock, tenancy
from mailflatrate.base.long_task import TaskCanceled, TaskRunner
from mailflatrate.mail.writing.mask import AnswerRefused
from mailflatrate.mail.writing.questions import WritingTask
from mailflatrate.wire.chat import ChatFailed, ChatProblem, ask_model

MOST_TEXTS: Final = 60
"""Texts of one request, so that a whole newsletter can be translated at once."""
MOST_WAITING: Final = 5
LOST_AFTER: Final = timedelta(minutes=15)
KEPT: Final = timedelta(days=30)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WritingOrder:
    """What a person asks for: the task, the texts by key, and for a check its rule, its values and their language."""

    task: WritingTask
    variant: int = 0
    keys: Sequence[str] = ()
    finding: str = ""
    values: Mapping[str, str] | None = None
    language: str = ""


def request_writing(campaign_id: int, order: WritingOrder, *, by: User) -> WritingRequest:
    """Cancels the person's waiting one. Raises CampaignError if it's off, used up or busy; CampaignInputError."""
    campaign = editable(campaign_id)
    _allowed()
    version = as_variant(campaign, order.variant)
    texts = [{"key": "check", "old": order.finding}] if order.task is WritingTask.EXPLAIN else _chosen(version, order)
    if not texts:
        raise CampaignInputError(_("Choose at least one text."))
    waiting = WritingRequest.under_way().filter(created_at__gt=clock.now() - LOST_AFTER)
    waiting.filter(created_by=by).update(state=WritingState.CANCELLED)
    if waiting.count() >= MOST_WAITING:
        raise CampaignError(_("Colleagues are waiting for suggestions, too. Try again in a minute."))
    made = WritingRequest.objects.create(
        campaign_id=campaign.id,
        task=order.task.value,
        variant=order.variant if order.variant < variant_count(campaign) else 0,
        language=order.language or version.language,
        texts=texts,
        values=dict(order.values or {}),
        created_by=by,
        created_at=clock.now(),
    )
    made.enqueue(lock=f"writing-{made.account_id}")
    return made


def _allowed() -> None:
    state = writing_help.help_state()
    if state is None or state.is_off or not state.is_agreed:
        raise CampaignError(writing_help.off_words())
    if not state.left:
        raise CampaignError(writing_help.used_up_words())


def _chosen(version: Campaign, order: WritingOrder) -> list[dict[str, str]]:
    if order.task is WritingTask.IDEAS:
        if not words_of_content(version):
            raise CampaignInputError(_("Write some text first. The subject ideas are made from it."))
        return [{"key": "subject", "old": version.subject}]
    wants_picture = order.task is WritingTask.ALT
    chosen = [
        text for text in texts_of(version) if text.key in order.keys and (text.part == "picture") == wants_picture
    ]
    return [{"key": text.key, "old": text.old} for text in chosen][:MOST_TEXTS]


def cancel_writing(campaign_id: int, request_id: int) -> None:
    row = WritingRequest.objects.filter(id=request_id, campaign_id=campaign_id)
    row.exclude(state=WritingState.TAKEN).update(state=WritingState.CANCELLED, answers=[], texts=[], values={})


class WritingRefused(Exception):
    """There is no suggestion; the message is the code of the problem."""


class WritingRunner(TaskRunner[WritingRequest]):
    model = WritingRequest
    refusals = (WritingRefused,)

    def work(self, task: WritingRequest) -> None:
        while len(task.answers) < len(task.texts):
            answer = _answer_next(task)
            with task.step():
                task.answers.append(answer)
                task.save(update_fields=["answers"])


def _is_wanted(row: WritingRequest) -> bool:
    with tenancy.account(row.account_id):
        return WritingRequest.under_way().filter(id=row.id).exists()


def _answer_next(row: WritingRequest) -> list[str]:
    with tenancy.account(row.account_id):
        if not writing_help.take_request():
            raise WritingRefused("used_up")
        asked = asked_about(row, row.texts[len(row.answers)])
        target = writing_help.endpoint()
    try:
        suggestions = ask_model(target, asked.question, lambda: _is_wanted(row))
        return [checked_answer(asked, suggestion) for suggestion in suggestions]
    except ChatFailed as failed:
        if failed.problem is ChatProblem.CANCELED:
            raise TaskCanceled from None
        problem = failed.problem.value
        log.warning("writing_help_no_answer", account=row.account_id, problem=problem, detail=failed.detail)
    except AnswerRefused as refused:
        problem = "conditions" if str(refused) == "conditions" else ChatProblem.UNUSABLE.value
        log.info("writing_help_answer_refused", account=row.account_id, reason=str(refused))
    raise WritingRefused(problem)


def take_suggestions(
    campaign_id: int, request_id: int, chosen: Mapping[int, str], *, variant: int, by: User
) -> tuple[Campaign, int]:
    """Also returns how many texts couldn't be replaced because they changed. Raises CampaignError, NotEditable."""
    row = WritingRequest.objects.filter(id=request_id, campaign_id=campaign_id).first()
    if row is None or row.state not in (WritingState.DONE, WritingState.TAKEN) or row.variant != variant:
        raise CampaignError(_("This suggestion no longer exists. Ask for a new one."))
    campaign, lost, values = editable(campaign_id), 0, dict[str, Any]()
    version, taken = as_variant(campaign, variant), list(row.taken)
    if version is campaign:
        version = copy(campaign)
    for number, text in sorted(chosen.items()):
        if number >= len(row.texts):
            continue
        asked = row.texts[number]
        try:
            new = suggestion_of(row, asked, text)
        except AnswerRefused as refused:
            raise CampaignInputError(_("Keep the marks in brackets, then use the suggestion.")) from refused
        old = version.subject if row.task == WritingTask.IDEAS.value else asked["old"]
        changed = with_text(version, asked["key"], old, new)
        if changed is None:
            lost += 1
            continue
        if new == old:
            continue  # the model changed nothing, so it wrote nothing
        for name, value in changed.items():
            setattr(version, name, value)
        values |= changed
        taken = [suggestion for suggestion in taken if suggestion["key"] != asked["key"]]  # the newer one replaced it
        taken.append({"key": asked["key"], "old": asked["old"], "text": new})
    if not values:
        return campaign, lost
    WritingRequest.objects.filter(id=row.id).update(state=WritingState.TAKEN, taken=taken)
    return update_campaign(campaign_id, written(campaign, variant, values), by=by), lost


@tenancy.needs_platform
def forget_old_writing() -> None:
    """Delete old requests, except those of which something is in a draft."""
    old = WritingRequest.objects.filter(created_at__lt=clock.now() - KEPT)
    old.exclude(state=WritingState.TAKEN).delete()
