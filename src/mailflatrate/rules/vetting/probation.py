"""R-06, R-07: how much a new account may send, and when a person reviews an account's campaigns again."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import Enum

from mailflatrate.rules import limits
from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.facts import AccountFacts, HistoryFacts

EARLY_REVIEW_DAYS = 7
"""How long an approval of a draft answers R-06 for exactly its content."""


class Trigger(Enum):
    """R-07. Once a person has lifted a throttle, pause or suspension of section I, the account is supervised again."""

    NEW_DOMAIN = "new_domain"
    NEW_LIST = "new_list"
    VOLUME = "volume"
    UNCOMPARED = "uncompared"
    """Nothing of its kind was sent before, so no one knows what is usual."""
    SILENCE = "silence"


def daily_limit(account: AccountFacts, history: HistoryFacts) -> int | None:
    """Within 24 hours; None: no limit. A person's decision comes first, then the throttle, then a new account's steps,
    which end when both the first campaigns and the first two months are over.
    """
    if account.own_limit is not None:
        return account.own_limit
    if account.status is AccountStatus.THROTTLED:
        return int(limits.value("throttled_per_day"))
    if account.activated_at is None or history.now is None:
        return None
    young = history.now - account.activated_at < timedelta(days=limits.value("supervised_days"))
    if not young and account.campaigns_sent >= limits.value("supervised_campaigns"):
        return None
    step = min(account.campaigns_sent + 1, 3)
    return int(limits.value(f"probation_campaign_{step}"))


def triggers(account: AccountFacts, history: HistoryFacts, recipients: int) -> tuple[Trigger, ...]:
    """Return the reasons to review a campaign of an account that has sent before."""
    return tuple(_triggers(account, history, recipients))


def _triggers(account: AccountFacts, history: HistoryFacts, recipients: int) -> Iterator[Trigger]:
    if history.now is None:
        return
    last = history.last_campaign_at or account.activated_at
    if last is not None and _is_long_ago(last, history.now):
        yield Trigger.SILENCE
    if account.campaigns_sent:
        if history.new_domain:
            yield Trigger.NEW_DOMAIN
        if history.new_lists:
            yield Trigger.NEW_LIST
    if recipients <= limits.value("revetting_least"):
        return
    if history.usual is None:
        yield Trigger.UNCOMPARED
    elif recipients > limits.value("revetting_factor") * history.usual:
        yield Trigger.VOLUME


def _is_long_ago(last: datetime, now: datetime) -> bool:
    return now - last > timedelta(days=limits.value("revetting_silence_days"))
