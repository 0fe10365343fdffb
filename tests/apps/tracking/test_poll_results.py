"""Counts of answers as reports show them: shares, scores, and questions of several editions put together."""

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.tracking.poll_results import PollResult, question_places
from mailflatrate.mail.content.poll_links import SCORES, Poll, PollKind

NPS = Poll("Would you recommend us?", PollKind.NPS, SCORES, with_comment=False)
TULIPS = Poll("More tulips?", PollKind.CHOICE, ("Yes", "No"), with_comment=False)
TULPEN = Poll("Mehr Tulpen?", PollKind.CHOICE, ("Ja", "Nein"), with_comment=False)


def edition(number: int, variant: int, *polls: Poll) -> Edition:
    return Edition(id=number, number=number, variant=variant, facts={"polls": [poll.as_json() for poll in polls]})


def test_the_score_is_promoters_minus_detractors() -> None:
    result = PollResult(NPS, (1, 0, 0, 0, 0, 0, 1, 2, 0, 3, 3))
    assert {name: group.people for name, group in result.groups.items()} == {
        "promoters": 6,
        "passives": 2,
        "detractors": 2,
    }
    assert (result.people, result.score) == (10, 40)
    nothing = PollResult(NPS, (0,) * 11)
    assert (nothing.score, nothing.answers[3].percent) == (None, 0.0)
    choice = PollResult(TULIPS, (3, 1))
    assert ([one.percent for one in choice.answers], choice.score, choice.groups) == ([75.0, 25.0], None, {})


def test_a_translation_is_counted_with_its_original_and_a_variant_by_its_words() -> None:
    editions = [edition(1, 0, TULIPS), edition(2, 1, TULPEN), edition(3, 2, NPS)]
    translated = question_places(Campaign(translations=[{"language": "de"}]), editions)
    assert translated == {(1, 0): TULIPS, (2, 0): TULIPS, (3, 0): NPS}
    tested = question_places(Campaign(variants=[{"subject": "B"}]), editions)
    assert tested == {(1, 0): TULIPS, (2, 0): TULPEN, (3, 0): NPS}
