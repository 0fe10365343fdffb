"""How often a person wants campaigns: the choices of their pages, and how they read."""

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

# Minimum days: a little less than a week and a month, so that a campaign at its usual hour is not skipped.
PAUSES: Final = {"": None, "week": 6, "month": 27}


def pause_words(days: int | None) -> str:
    """Return as text how often campaigns come, from the minimum number of days between two (None: no limit)."""
    if days is None:
        return _("Every email")
    if days == PAUSES["week"]:
        return _("At most one per week")
    if days == PAUSES["month"]:
        return _("At most one per month")
    return ngettext("At most one every %(days)d day", "At most one every %(days)d days", days) % {"days": days}
