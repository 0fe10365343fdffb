"""Words about the answers to a campaign's questions, for pages and files."""

from collections.abc import Iterator, Mapping, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from mailflatrate.apps.tracking.poll_results import DETRACTORS, PASSIVES, PROMOTERS, PollCommentInfo, PollResult

SCORE_GROUP_WORDS: Mapping[str, str | Promise] = {
    PROMOTERS: lazy("Promoters (9 to 10)"),
    PASSIVES: lazy("Passives (7 to 8)"),
    DETRACTORS: lazy("Detractors (0 to 6)"),
}


def answer_lines(results: Sequence[PollResult]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a CSV file: question, answer, number of people, percent of the answers, score."""
    yield _("Question"), _("Answer"), _("People"), _("Percent"), _("Net Promoter Score")
    for result in results:
        score = "" if result.score is None else str(result.score)
        for answer in result.answers:
            yield result.poll.question, answer.label, str(answer.people), f"{answer.percent:.2f}", ""
        for name, group in result.groups.items():
            label = str(SCORE_GROUP_WORDS[name])
            yield result.poll.question, label, str(group.people), f"{group.percent:.2f}", score


def comment_lines(comments: Sequence[PollCommentInfo]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a CSV file: day, question, answer, comment."""
    yield _("Day"), _("Question"), _("Answer"), _("Comment")
    for comment in comments:
        yield comment.day.isoformat(), comment.question, comment.answer, comment.text
