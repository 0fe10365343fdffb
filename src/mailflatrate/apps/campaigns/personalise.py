"""The values that personalisation reads, the same for a preview, a test and a million recipients."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

MONTHS = {
    "de": ("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
           "November", "Dezember"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December"),
}  # fmt: skip


def written_date(moment: datetime | None, language: str) -> str:
    """A date as people write it: `3. Mai 2025`, `3 May 2025`; empty without a moment."""
    return "" if moment is None else _written(moment.date(), language)


@lru_cache(maxsize=4096)
def _written(day: date, language: str) -> str:
    month = MONTHS.get(language, MONTHS["en"])[day.month - 1]
    return f"{day.day}{'.' if language == 'de' else ''} {month} {day.year}"


def recipient_values(
    *,
    email: str,
    first_name: str,
    last_name: str,
    attributes: Mapping[str, Any],
    account_name: str,
    list_name: str,
    mailing_id: str,
    subscribed_at: datetime | None,
    source: str,
    language: str,
) -> dict[str, object]:
    """The mapping for `Template.render_dynamic`. The service's own links are added by the composer.

    A contact's own fields win over an attribute of the same name.
    """
    return {
        "contact": {**attributes, "email": email, "first_name": first_name, "last_name": last_name},
        "account": {"name": account_name},
        "list": {"name": list_name},
        "subscription": {"date": written_date(subscribed_at, language), "source": source},
        "mailing_id": mailing_id,
    }
