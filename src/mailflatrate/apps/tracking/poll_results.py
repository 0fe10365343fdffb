"""How often each answer was given. Nothing is shown of a campaign to very few, where answers of people who didn't
agree to be recorded would not be nameless. Editions are counted apart and put together by question, a translation's
by its original.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.delivery.models import DeliveryRecord
from mailflatrate.apps.tracking.models import PollAnswer, PollComment, PollCount
from mailflatrate.apps.tracking.poll_answers import polls_of
from mailflatrate.base import tenancy
from mailflatrate.mail.content.poll_links import LEAST_PASSIVE, LEAST_PROMOTER, Poll, PollKind

PROMOTERS, PASSIVES, DETRACTORS = "promoters", "passives", "detractors"
SCORE_GROUPS = {
    PROMOTERS: range(LEAST_PROMOTER, 11),
    PASSIVES: range(LEAST_PASSIVE, LEAST_PROMOTER),
    DETRACTORS: range(LEAST_PASSIVE),
}
"""The scores of each group of people, as the Net Promoter Score defines them."""
LEAST_RECIPIENTS = 5
"""Messages of a campaign from which on its answers are shown."""
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class AnswerCount:
    label: str
    people: int
    percent: float


@dataclass(frozen=True, slots=True)
class PollResult:
    poll: Poll
    counts: tuple[int, ...]

    @property
    def people(self) -> int:
        return sum(self.counts)

    @property
    def answers(self) -> list[AnswerCount]:
        counted = zip(self.poll.answers, self.counts, strict=True)
        return [AnswerCount(label, many, self._percent(many)) for label, many in counted]

    @property
    def groups(self) -> dict[str, AnswerCount]:
        """Return promoters, passives and detractors; empty for a question without scores."""
        if self.poll.kind is not PollKind.NPS:
            return {}
        many = {name: sum(self.counts[score] for score in scores) for name, scores in SCORE_GROUPS.items()}
        return {name: AnswerCount(name, number, self._percent(number)) for name, number in many.items()}

    @property
    def score(self) -> int | None:
        """From -100 to 100: percent of promoters minus percent of detractors; None without answers or scores."""
        score_groups = self.groups
        if not score_groups or not self.people:
            return None
        return round(100 * (score_groups[PROMOTERS].people - score_groups[DETRACTORS].people) / self.people)

    def _percent(self, many: int) -> float:
        return 100 * many / self.people if self.people else 0.0


@dataclass(frozen=True, slots=True)
class PollCommentInfo:
    """A comment beside an answer. IDs are random, so their order says nothing about time."""

    id: int
    day: date
    question: str
    answer: str
    text: str


@tenancy.needs_account
def has_polls(campaign_id: int) -> bool:
    return Edition.objects.filter(campaign_id=campaign_id, facts__has_key="polls").exists()


@tenancy.needs_account
def shows_answers(campaign_id: int) -> bool:
    messages = DeliveryRecord.objects.filter(campaign_id=campaign_id).values_list("id")
    return len(messages[:LEAST_RECIPIENTS]) == LEAST_RECIPIENTS


@tenancy.needs_account
def poll_results(campaign: Campaign) -> list[PollResult]:
    """Return the campaign's questions with their counts, in the order of the message; without while it went to few."""
    counted: dict[Place, dict[int, int]] = {}
    counts = PollCount.objects.filter(campaign_id=campaign.id)
    for row in counts if shows_answers(campaign.id) else ():
        counted.setdefault((row.edition_id, row.poll), {})[row.answer] = row.people
    editions = _editions(campaign.id)
    current = set({edition.variant: edition.id for edition in editions}.values())
    sums_by_poll: dict[Poll, list[int]] = {}
    for (edition_id, number), poll in question_places(campaign, editions).items():
        answers = counted.get((edition_id, number), {})
        if not answers and edition_id not in current:
            continue  # a test message or an earlier release, from which no one answered
        sums = sums_by_poll.setdefault(poll, [0] * len(poll.answers))
        for answer, people in answers.items():
            sums[answer] += people
    return [PollResult(poll, tuple(sums)) for poll, sums in sums_by_poll.items()]


def _editions(campaign_id: int) -> list[Edition]:
    rows = Edition.objects.filter(campaign_id=campaign_id, facts__has_key="polls").order_by("number")
    return list(rows.only("id", "variant", "facts", "number"))


def question_places(campaign: Campaign, editions: Sequence[Edition]) -> dict[Place, Poll]:
    first = next((polls_of(edition) for edition in reversed(editions) if edition.variant == 0), ())
    polls: dict[Place, Poll] = {}
    for edition in editions:
        for number, poll in enumerate(polls_of(edition)):
            original = first[number] if campaign.translations and edition.variant and number < len(first) else poll
            is_same = (original.kind, len(original.answers)) == (poll.kind, len(poll.answers))
            polls[edition.id, number] = original if is_same else poll
    return polls


@tenancy.needs_account
def poll_comments(campaign: Campaign, rows: Sequence[PollComment]) -> list[PollCommentInfo]:
    """Return these comments of a campaign with their questions and answers; none while it went to few people."""
    places = question_places(campaign, _editions(campaign.id)) if shows_answers(campaign.id) else {}
    comments = []
    for row in rows:
        poll = places.get((row.edition_id, row.poll))
        if poll is None:
            continue
        comments.append(PollCommentInfo(row.id, row.day, poll.question, poll.answers[row.answer], row.text))
    return comments


@tenancy.needs_account
def answer_places(campaign: Campaign, question: str, answer: str) -> list[tuple[int, int, int]]:
    """By number, for words in the campaign's own language. `answer`: also a group of scores; empty: every one."""
    places = []
    for (edition_id, number), poll in question_places(campaign, _editions(campaign.id)).items():
        if poll.question != question:
            continue
        grouped = SCORE_GROUPS.get(answer) if poll.kind is PollKind.NPS else None
        for at, label in enumerate(poll.answers):
            if not answer or label == answer or (grouped is not None and at in grouped):
                places.append((edition_id, number, at))
    return places


@tenancy.needs_account
def answers_of(delivery_ids: Sequence[int]) -> list[dict[str, str | int]]:
    """Return the answers known to be a person's, from their messages, with what they wrote; for an access export."""
    rows = list(PollAnswer.objects.filter(delivery_id__in=delivery_ids).order_by("at"))
    written = {
        (row.delivery_id, row.poll): row.text for row in PollComment.objects.filter(delivery_id__in=delivery_ids)
    }
    editions = Edition.objects.filter(id__in={row.edition_id for row in rows}).only("facts")
    polls = {edition.id: polls_of(edition) for edition in editions}
    answer_rows: list[dict[str, str | int]] = []
    for row in rows:
        if row.poll >= len(polls[row.edition_id]):
            continue
        poll = polls[row.edition_id][row.poll]
        answer_rows.append(
            {
                "at": row.at.isoformat(),
                "delivery": row.delivery_id,
                "question": poll.question,
                "answer": poll.answers[row.answer],
                "comment": written.get((row.delivery_id, row.poll), ""),
            }
        )
    return answer_rows
