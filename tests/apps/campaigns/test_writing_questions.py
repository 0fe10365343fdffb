"""An account's own picture goes to a model that takes pictures, and no one else's."""

import base64

import pytest

from mailflatrate.apps.campaigns.actions.media import gallery_media
from mailflatrate.apps.campaigns.media import message_url
from mailflatrate.apps.campaigns.models import MediaFile, WritingRequest
from mailflatrate.apps.campaigns.writing.writing_questions import asked_about
from mailflatrate.base import clock, tenancy
from support.customers import sending_customer
from support.language_model import installed_model


def test_a_picture_is_sent_only_by_its_account_and_only_if_the_model_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    anna, carla = sending_customer(people=0), sending_customer(people=0)
    with tenancy.account(anna.account_id):
        picture = gallery_media("hills", alt="Hills", by=None)
        url = message_url(picture, list(MediaFile.objects.filter(media=picture)))
    for customer, takes, is_sent in ((anna, "true", True), (anna, "false", False), (carla, "true", False)):
        draft = customer.draft(content=f"Before\n\n![]({url})\n")
        with installed_model(monkeypatch, WRITING_PICTURES=takes), tenancy.account(customer.account_id):
            row = WritingRequest(campaign=draft, task="alt", language="en", created_at=clock.now())
            question = asked_about(row, {"key": "picture:1", "old": f"![]({url})"}).question
        assert bool(question.picture) is is_sent
        assert "token" not in question.text and "Before" in question.text and url not in question.text
        if is_sent:
            assert base64.b64decode(question.picture.partition(",")[2])
            assert "attached" in question.text
