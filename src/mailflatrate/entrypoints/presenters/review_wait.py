"""How long the operator's team usually takes: the median of its last decisions, as text."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from statistics import median
from typing import Final

from django.core.cache import cache
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailflatrate.apps.accounts.models import VettingDecision
from mailflatrate.apps.campaigns.models import CampaignReview
from mailflatrate.apps.lists.models import ListOrigin
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason

LOOKED_AT: Final = 20
FEWEST: Final = 5
RECENT: Final = timedelta(days=90)
_KEPT_SECONDS: Final = 600


class Reviewed(Enum):
    APPLICATION = "application"
    ORIGIN = "origin"
    CAMPAIGN = "campaign"


def review_wait(kind: Reviewed) -> str:
    """Return how long a decision usually takes, for example "usually within 3 hours"."""
    key = f"review wait {kind.value}"
    seconds = cache.get(key)
    if seconds is None:
        waits = _last_waits(kind)
        seconds = int(median(waits)) if len(waits) >= FEWEST else 0
        cache.set(key, seconds, _KEPT_SECONDS)
    return wait_words(seconds)


def wait_words(seconds: int) -> str:
    """Rounded up so that it is not exceeded; 0 seconds means that no one has waited yet."""
    hours = -(-seconds // 3600)
    if not hours:
        return _("usually within one business day")
    if hours <= 24:
        return ngettext("usually within %(n)d hour", "usually within %(n)d hours", hours) % {"n": hours}
    days = -(-hours // 24)
    return ngettext("usually within %(n)d day", "usually within %(n)d days", days) % {"n": days}


def _last_waits(kind: Reviewed) -> Sequence[float]:
    """Return the seconds between asking and answering, of the last decisions about anyone's rows: no name, no row."""
    since = clock.now() - RECENT
    pairs: Iterable[tuple[datetime | None, datetime | None]]
    with tenancy.platform(PlatformReason.METRICS):
        if kind is Reviewed.CAMPAIGN:
            rows = CampaignReview.objects.filter(asked_at__isnull=False, reviewed_at__gt=since).order_by("-reviewed_at")
            pairs = list(rows.values_list("asked_at", "reviewed_at")[:LOOKED_AT])
        elif kind is Reviewed.ORIGIN:
            origins = ListOrigin.objects.filter(decided_at__gt=since).order_by("-decided_at")
            pairs = list(origins.values_list("declared_at", "decided_at")[:LOOKED_AT])
        else:
            decided = VettingDecision.objects.filter(decided_at__gt=since).order_by("-decided_at")
            asked = F("application__submitted_at")
            pairs = list(decided.annotate(asked=asked).values_list("asked", "decided_at")[:LOOKED_AT])
    return [(end - begin).total_seconds() for begin, end in pairs if begin and end and end > begin]
