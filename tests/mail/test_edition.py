"""What cannot be a sender is refused when it is written down, not when the first message fails."""

from dataclasses import replace

import pytest

from mailflatrate.mail.headers import NamedAddress
from mailflatrate.mail.message.edition import CampaignStream, ServiceIdentity
from mailflatrate.mail.message.header_plan import missing_signature

CAMPAIGN = CampaignStream(
    account_id=7,
    account_label="a7",
    mailing_id="4K7Q-92XD-E",
    sender=NamedAddress("news@news.example.org", "Anna"),
    reply_to=NamedAddress("anna@example.org"),
    bounce_domain="bounce.news.example.org",
    list_identifier="l12.a7.list.example.net",
    list_name="Anna's news",
)


@pytest.mark.parametrize(
    ("feedback_domain", "signing", "lacks"),
    [
        ("news.example.org", ["news.example.org"], None),
        ("fbl.news.example.org", ["example.org"], None),
        (None, ["example.org"], None),
        ("mail.example.net", ["news.example.org", "mail.example.net"], None),
        ("mail.example.net", ["news.example.org"], "mail.example.net"),
        ("example.org", ["news.example.org"], "example.org"),
        ("fbl.news.example.org", ["mail.example.net"], "aligned"),
        ("fbl.news.example.org", ["ws.example.org"], "aligned"),
        (None, [], "aligned"),
    ],
)
def test_which_signatures_a_message_needs(feedback_domain: str | None, signing: list[str], lacks: str | None) -> None:
    sentence = missing_signature("Anna@News.Example.org", feedback_domain, signing)
    assert sentence is None if lacks is None else sentence is not None and lacks in sentence


@pytest.mark.parametrize("field", ["mailing_id", "account_label", "stream_label"])
def test_feedback_id_fields_are_plain_and_differ(field: str) -> None:
    for label in ("a:b", "", "a b"):
        with pytest.raises(ValueError, match="Feedback-ID"):
            replace(CAMPAIGN, **{field: label})
    with pytest.raises(ValueError, match="Feedback-ID"):
        replace(CAMPAIGN, account_label="campaign")


@pytest.mark.parametrize(
    ("url", "sender_id"),
    [
        ("http://u.example.net", "flatrate"),
        ("https://u.example.net/", "flatrate"),
        ("https://u.example.net", "abcd"),
        ("https://u.example.net", "a" * 16),
        ("https://u.example.net/%s", "flatrate"),
    ],
)
def test_an_unfit_service_is_refused(url: str, sender_id: str) -> None:
    with pytest.raises(ValueError, match=r"web_base_url|feedback_sender_id"):
        ServiceIdentity("mail.example.net", url, sender_id)
