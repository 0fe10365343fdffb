"""An account agrees to a host, has a daily allowance, and its owner's no ends it."""

from datetime import timedelta

import pytest

from mailflatrate.apps.campaigns.errors import CampaignError
from mailflatrate.apps.campaigns.writing.writing_help import agree, help_state, switch, take_request
from mailflatrate.base import clock, tenancy
from support.customers import sending_customer
from support.language_model import installed_model


def test_nothing_is_asked_before_someone_agreed_and_after_an_owner_said_no(monkeypatch: pytest.MonkeyPatch) -> None:
    anna, carla = sending_customer(people=0), sending_customer(people=0)
    draft = anna.draft()
    url = f"/studio/campaigns/{draft.id}/edit/writing-help/"
    assert "writing-help" not in anna.page(f"campaigns/{draft.id}/edit/"), "the operator has none"
    assert anna.client.get(url).status_code == 404
    assert anna.client.post("/studio/settings/writing-help/", {"switch": "off"}).status_code == 404
    with installed_model(monkeypatch, WRITING_REQUESTS_DAY="2") as model:
        page = anna.client.get(url).content.decode()
        assert f"language model at <strong>{model.host}</strong>" in page and "Never sent" in page
        assert "Never sent" in anna.client.post(url, {"task": "ideas"}).content.decode()
        with tenancy.account(anna.account_id):
            assert not take_request()
            with pytest.raises(CampaignError):
                agree(by=anna.owner, shown_host="other.example")
        assert "Five subject lines" in anna.client.post(f"{url}agree/", {"host": model.host}).content.decode()
        with tenancy.account(anna.account_id):
            assert [take_request() for _ in range(3)] == [True, True, False]
        assert "used its 2 suggestions for today" in anna.client.get(url).content.decode()
        with clock.frozen_at(clock.now() + timedelta(days=1)), tenancy.account(anna.account_id):
            assert take_request()
    with installed_model(monkeypatch) as other:
        with tenancy.account(anna.account_id):
            state = help_state()
            assert state is not None and (state.host, state.is_agreed) == (other.host, False), (
                "a new host, a new answer"
            )
            assert not take_request()
        assert anna.client.post("/studio/settings/writing-help/", {"switch": "off"}).status_code == 303
        assert "Off: nothing is sent" in anna.page("settings/")
        assert "Writing help switched off" in anna.page("settings/activity/")
        assert "is off in this account" in anna.client.get(url).content.decode()
        with tenancy.account(anna.account_id):
            assert not take_request()
            switch(is_off=False, by=anna.owner)
            state = help_state()
            assert state is not None and not state.is_off and not state.is_agreed
        with tenancy.account(carla.account_id):
            state = help_state()
            assert state is not None and not state.is_off
