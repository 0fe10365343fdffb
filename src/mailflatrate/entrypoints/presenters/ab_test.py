"""The state of an A/B test as text."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.delivery.models import AbTest
from mailflatrate.apps.stats.queries import variant_figures
from mailflatrate.rules.campaigns.ab_test import VARIANT_LETTERS, Certainty, ChoiceBasis, VariantFigures, certainty
from mailflatrate.rules.campaigns.campaign_states import RUNNING


@dataclass(frozen=True, slots=True)
class ArmLine:
    letter: str
    subject: str
    arm: VariantFigures
    is_winner: bool


@dataclass(frozen=True, slots=True)
class AbTestView:
    """`sure` is a sentence about how significant the difference is."""

    ab_test: AbTest
    lines: list[ArmLine]
    sure: str
    why: str
    may_choose: bool

    @property
    def winner(self) -> str:
        """Return the winner as A, B, C or D; empty until it is picked."""
        return VARIANT_LETTERS[self.ab_test.winner] if self.ab_test.winner is not None else ""


def ab_test_of(campaign: Campaign) -> AbTestView | None:
    ab_test = AbTest.objects.select_related("decided_by").filter(campaign_id=campaign.id).first()
    if ab_test is None:
        return None
    arms = variant_figures(ab_test)
    subjects = dict(Edition.objects.filter(campaign_id=campaign.id).order_by("id").values_list("variant", "subject"))
    return AbTestView(
        ab_test=ab_test,
        lines=[
            ArmLine(VARIANT_LETTERS[arm.variant], subjects.get(arm.variant, ""), arm, arm.variant == ab_test.winner)
            for arm in arms
        ],
        sure=_sure(certainty(arms)) if ab_test.metric != "person" else "",
        why=_why(ab_test),
        may_choose=ab_test.winner is None and ab_test.tested_at is not None and campaign.state in RUNNING,
    )


def _sure(certain: Certainty) -> str:
    words = {
        Certainty.CLEAR: _("The difference between the top two variants is too large to be chance."),
        Certainty.LIKELY: _("The difference between the top two variants is probably real, but not certain."),
        Certainty.CHANCE: _(
            "The difference between the top two variants may be chance. On another day, the result could be the "
            "other way around."
        ),
    }
    return words[certain]


def _why(ab_test: AbTest) -> str:
    words = {
        ChoiceBasis.CLICKS.value: _("It had the highest click rate."),
        ChoiceBasis.TIE.value: _("Two variants had the same click rate, so the first of them was picked."),
        ChoiceBasis.TOO_FEW.value: _(
            "There weren't enough clicks to compare the variants, so the first one was picked."
        ),
        ChoiceBasis.BRAKE.value: _(
            "Every variant led to too many unsubscribes, so no winner was picked automatically."
        ),
        ChoiceBasis.PERSON.value: _("%(person)s picked it.") % {"person": ab_test.decided_by or "–"},
    }
    return words.get(ab_test.why, "")
