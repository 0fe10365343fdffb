"""Personalization values, the same for a preview, a test and a million recipients."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from mailflatrate.locale.formats import written_date
from mailflatrate.rules.fields.values import with_defaults

NO_DEFAULTS: Mapping[str, Any] = MappingProxyType({})


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
    defaults: Mapping[str, Any] = NO_DEFAULTS,
    coupons: Mapping[str, str] = NO_DEFAULTS,
) -> dict[str, object]:
    """For `Template.render_dynamic`; the composer adds our links. A contact's own fields win over an attribute of that
    name; `defaults` fill in for missing values. Without a `source`, the account is where they signed up.
    """
    if defaults:
        attributes = with_defaults(attributes, defaults)
    return {
        "contact": {**attributes, "email": email, "first_name": first_name, "last_name": last_name},
        "account": {"name": account_name},
        "list": {"name": list_name},
        "subscription": {
            "date": "" if subscribed_at is None else written_date(subscribed_at.date(), language),
            "source": source or account_name,
        },
        "mailing_id": mailing_id,
        "coupon": dict(coupons),
    }
