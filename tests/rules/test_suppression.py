"""What a new sign-up ends, and what keeps even its confirmation email away (R-16, R-75, R-79)."""

from datetime import UTC, datetime, timedelta

import pytest

from mailflatrate.rules.contacts.suppression import STRENGTH, SuppressionReason, ends_by_sign_up, keeps_away

NOW = datetime(2026, 11, 27, tzinfo=UTC)
R = SuppressionReason


def test_every_reason_has_its_place() -> None:
    assert sorted(STRENGTH) == sorted(SuppressionReason)


@pytest.mark.parametrize("everywhere", [False, True])
@pytest.mark.parametrize("reason", [R.COMPLAINT, R.OBJECTION, R.ERASED, R.MANUAL])
def test_no_always_wins(reason: SuppressionReason, everywhere: bool) -> None:
    """However long ago it was said."""
    assert keeps_away(reason, NOW - timedelta(days=4000), NOW, everywhere=everywhere)
    assert not ends_by_sign_up(reason, everywhere=everywhere)


@pytest.mark.parametrize("reason", [R.UNSUBSCRIBE, R.SOFT_BOUNCE])
def test_people_who_unsubscribed_or_whose_mailbox_was_full_may_return_at_once(reason: SuppressionReason) -> None:
    assert not keeps_away(reason, NOW, NOW, everywhere=False)
    assert ends_by_sign_up(reason, everywhere=False)
    assert keeps_away(reason, NOW, NOW, everywhere=True), "the platform has no such rows, so nobody's form ends them"


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_dead_mailbox_may_return_after_sixty_days(everywhere: bool) -> None:
    sixty = timedelta(days=60)
    assert keeps_away(R.HARD_BOUNCE, NOW - sixty + timedelta(seconds=1), NOW, everywhere=everywhere)
    assert not keeps_away(R.HARD_BOUNCE, NOW - sixty, NOW, everywhere=everywhere)
    assert ends_by_sign_up(R.HARD_BOUNCE, everywhere=everywhere)
