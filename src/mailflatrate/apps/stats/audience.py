"""How the audience changes: growth, the age of consents and active people. Large accounts see a job's last count."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from mailflatrate.apps.lists.counts import LIVE_PEOPLE
from mailflatrate.apps.lists.growth import Gain, Growth, Loss, consent_ages, growth
from mailflatrate.apps.lists.models import ListTally
from mailflatrate.apps.segments.inactive import inactive_count
from mailflatrate.apps.stats.models import AudienceCount
from mailflatrate.base import clock, jobs, tenancy

DAYS: Final = 30
FRESH: Final = timedelta(minutes=30)
COUNT_JOB: Final = "stats.count_audience"


@dataclass(frozen=True, slots=True)
class AudienceFigures:
    """`ages`: by months since they confirmed, the last is 12+. `counted_at` None: now. `inactive`: for a year."""

    growth: Growth
    ages: list[int]
    inactive: int
    counted_at: datetime | None = None

    @property
    def active_percent(self) -> float | None:
        end = self.growth.end
        return 100 * max(0, end - self.inactive) / end if end else None


@tenancy.needs_account
def audience_figures() -> AudienceFigures:
    """Return the current account's figures: counted now, or the last count of a large account, which a job updates."""
    people = sum(ListTally.objects.values_list("people", flat=True))
    if people <= LIVE_PEOPLE:
        return _counted()
    kept = AudienceCount.objects.first()
    if kept is None or kept.counted_at < clock.now() - FRESH:
        account_id = tenancy.current_account_id()
        jobs.wake(COUNT_JOB, jobs.JobQueue.HOUSE, once=f"{COUNT_JOB}:{account_id}", account_id=account_id)
    return _read(kept) if kept is not None else _read(count_audience())


def count_audience() -> AudienceCount:
    figures = asdict(_counted())
    figures.pop("counted_at")
    kept, _created = AudienceCount.objects.update_or_create(
        account_id=tenancy.current_account_id(), defaults={"counted_at": clock.now(), "figures": figures}
    )
    return kept


def _counted() -> AudienceFigures:
    return AudienceFigures(growth(DAYS), consent_ages(), inactive_count())


def _read(kept: AudienceCount) -> AudienceFigures:
    stored: dict[str, Any] = kept.figures
    change = stored["growth"]
    gains = tuple(Gain(**gain) for gain in change["gains"])
    losses = tuple(Loss(**loss) for loss in change["losses"])
    return AudienceFigures(
        Growth(change["begin"], change["end"], gains, losses), stored["ages"], stored["inactive"], kept.counted_at
    )
