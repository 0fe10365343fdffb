"""What a message knows about its reader."""

from typing import Any

import pytest

from mailflatrate.apps.campaigns.content.personalization import recipient_values

KNOWN: dict[str, Any] = {
    "email": "dora@example.org",
    "first_name": "Dora",
    "last_name": "",
    "attributes": {"first_name": "D", "city": "Kiel"},
    "account_name": "Lindenhof",
    "list_name": "News",
    "mailing_id": "4K7Q-92XD-8",
    "subscribed_at": None,
    "language": "en",
}


@pytest.mark.parametrize(
    ("source", "shown"), [("https://lindenhof.example/news", "https://lindenhof.example/news"), ("", "Lindenhof")]
)
def test_where_someone_signed_up_is_never_empty(source: str, shown: str) -> None:
    """Someone added by hand has no page, and a message without a source would be skipped."""
    assert recipient_values(**KNOWN, source=source)["subscription"] == {"date": "", "source": shown}


def test_a_contact_s_own_fields_come_before_attributes_and_defaults_fill_in() -> None:
    values = recipient_values(**KNOWN, source="", defaults={"city": "Bonn", "size": "M"})
    assert values["contact"] == {
        "email": "dora@example.org",
        "first_name": "Dora",
        "last_name": "",
        "city": "Kiel",
        "size": "M",
    }
