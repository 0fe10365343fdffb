"""What a reviewer does at the desk, through the pages, and what the customer sees of it."""

import re
from email.message import EmailMessage

import psycopg
import pytest
from django.conf import settings
from django.test import Client

from mailflatrate.apps.accounts.actions import account_status, people, vetting
from mailflatrate.apps.accounts.initial_data import VERSION
from mailflatrate.apps.accounts.models import (
    Acceptance,
    Account,
    AccountStatus,
    Acknowledgement,
    DeskMessage,
    Occasion,
    Role,
    Strike,
)
from mailflatrate.apps.accounts.queries import current_version, documents_to_read
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.gate.actions import check_campaign, release_campaign
from mailflatrate.apps.inbound.models import InboxMessage
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.studio.access import ASK_AGREEMENTS
from mailflatrate.rules.vetting.signals import SignalOutcome, SignalResult
from mailflatrate.settings.roles import owner_url
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, sending_customer
from support.desk import Desk
from support.people import browser, person

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def anna() -> Customer:
    return sending_customer()


def status(anna: Customer) -> str:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return Account.objects.get(id=anna.account_id).status


def actions_of(anna: Customer) -> list[str]:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        return list(AuditEntry.objects.filter(account_id=anna.account_id).values_list("action", flat=True))


@pytest.mark.slow
def test_a_suspension_is_told_and_contested(anna: Customer, otto: Desk) -> None:
    url = f"/desk/accounts/{anna.account_id}/"
    assert otto.client.post(f"{url}measure/", {"after": "suspended", "text": " "}).status_code == 422
    assert otto.client.post(f"{url}measure/", {"after": "registered", "text": "x"}).status_code == 404
    said = {"after": "suspended", "text": "Bought addresses.", "remedy": "Show us the forms.", "rule": "R-11"}
    assert otto.client.post(f"{url}measure/", said).status_code == 303
    page = anna.client.get("/studio/settings/status/").content.decode()
    assert all(part in page for part in ("Bought addresses.", "Show us the forms.", "R-11", "made by our team"))
    assert "Do you disagree?" in page
    assert anna.client.post("/studio/settings/status/messages/", {"text": " ", "about": "change"}).status_code == 422
    assert (
        anna.client.post("/studio/settings/status/messages/", {"text": "They are ours.", "about": "change"}).status_code
        == 303
    )
    letters = otto.page("messages/")
    assert "They are ours." in letters
    open_case = re.search(r'action="(/desk/cases/contest/\d+/)"', letters.partition("They are ours.")[2])
    assert open_case is not None
    case_url = otto.client.post(open_case[1]).headers["Location"]
    assert "They are ours." in otto.page(case_url.removeprefix("/desk/"))
    assert f'href="{case_url}"' in otto.page("messages/"), "one letter, one case"
    assert "about: Suspended" in otto.page(f"accounts/{anna.account_id}/")
    assert otto.client.post(f"{url}answer/", {"text": "Then send us the log."}).status_code == 303
    assert "They are ours." not in otto.page("messages/")
    assert "Then send us the log." in anna.client.get("/studio/settings/status/").content.decode()
    early = otto.client.post(f"{url}measure/", {"after": "active", "text": "Proved it."})
    assert "24 hours" in early.content.decode()
    assert status(anna) == AccountStatus.SUSPENDED


def test_letters_are_limited_and_a_viewer_writes_none(anna: Customer) -> None:
    for number in range(10):
        anna.client.post("/studio/settings/status/messages/", {"text": f"Letter {number}"})
    assert anna.client.post("/studio/settings/status/messages/", {"text": "Add variant"}).status_code == 422
    ben = browser(person(anna.account_id, "Ben", Role.VIEWER))
    assert ben.post("/studio/settings/status/messages/", {"text": "x"}).status_code == 403
    with tenancy.account(anna.account_id):
        assert DeskMessage.objects.count() == 10


def test_strikes_and_limits_at_the_desk(anna: Customer, otto: Desk) -> None:
    url = f"/desk/accounts/{anna.account_id}/"
    assert otto.client.post(f"{url}strike/", {"text": ""}).status_code == 422
    otto.client.post(f"{url}strike/", {"text": "Three complaints."})
    assert "Three complaints." in anna.client.get("/studio/settings/status/").content.decode()
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        strike = Strike.objects.get(account_id=anna.account_id)
    other = sending_customer(people=0)
    assert otto.client.post(f"/desk/accounts/{other.account_id}/strikes/{strike.id}/back/").status_code == 404
    otto.client.post(f"{url}strikes/{strike.id}/back/", {"because": "Not theirs."})
    assert "0 of 3" in otto.page(f"accounts/{anna.account_id}/")
    assert otto.client.post(f"{url}limits/", {"daily_limit": "2", "because": ""}).status_code == 422
    otto.client.post(f"{url}limits/", {"daily_limit": "2", "supervised": "on", "because": "Grow slowly."})
    assert "email up to 2 recipients within 24 hours" in anna.client.get("/studio/settings/status/").content.decode()
    assert {"strike.given", "strike.taken_back", "account.limits_set"} <= set(actions_of(anna))


@pytest.mark.slow
def test_a_mailing_is_let_go_at_the_desk(anna: Customer, otto: Desk) -> None:
    account_status.set_limits(anna.account_id, by=otto.user, daily_limit=None, supervised=True, because="new")
    campaign = anna.ticked(anna.draft("Winter bulbs"))
    with tenancy.account(anna.account_id):
        release_campaign(campaign.id, by=anna.owner)
    assert "Our team will review it first" in anna.client.get(f"/studio/campaigns/{campaign.id}/").content.decode()
    assert "Winter bulbs are here" in otto.page("campaigns/")
    page = otto.page(f"campaigns/{campaign.id}/")
    assert "campaign number 1 of a new account" in page
    assert "sandbox" in page
    shown = re.search(r'name="shown_hash" value="(\w+)"', page)
    assert shown is not None
    url = f"/desk/campaigns/{campaign.id}/review/"
    assert otto.client.post(url, {"word": "go", "shown_hash": "0"}).status_code == 422
    assert otto.client.post(url, {"word": "back", "shown_hash": shown[1], "text": "No prizes."}).status_code == 303
    assert "No prizes." in anna.client.get(f"/studio/campaigns/{campaign.id}/edit/").content.decode()
    again = anna.again(campaign)
    with tenancy.account(anna.account_id):
        release_campaign(again.id, by=anna.owner)
    assert otto.client.post(url, {"word": "go", "shown_hash": shown[1]}).status_code == 303
    assert anna.again(campaign).state == CampaignState.PLANNING
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state="sent", started_at=clock.now(), planned_count=3)
    second = anna.ticked(anna.draft("Spring bulbs"))
    with tenancy.account(anna.account_id):
        release_campaign(second.id, by=anna.owner)
    assert "0 of 3 delivered" in otto.page(f"campaigns/{second.id}/"), "the result of the one before is in view"


def test_signals_are_read_in_both_languages_the_serious_first(anna: Customer, otto: Desk) -> None:
    found = [
        SignalResult("vat", SignalOutcome.GOOD, "well_formed", "DE136695976"),
        SignalResult("closed_account", SignalOutcome.SERIOUS, "same", "1", "phone: Eve Ltd (closed)"),
    ]
    vetting.keep_signals(anna.account_id, found)
    page = otto.page(f"applications/{anna.account_id}/")
    assert page.index("Eve Ltd (closed)") < page.index("its check digit is correct")
    german = otto.client.get(f"/desk/applications/{anna.account_id}/", headers={"Accept-Language": "de"})
    assert "die Prüfziffer stimmt" in german.content.decode()
    assert otto.client.post(f"/desk/applications/{anna.account_id}/check/").status_code == 303


def test_accounts_are_found_by_what_one_knows(anna: Customer, otto: Desk) -> None:
    campaign = anna.draft()
    for search in (anna.owner.email, campaign.mailing_id):
        assert f"/desk/accounts/{anna.account_id}/" in otto.page(f"accounts/?q={search}")
    assert "No accounts found" in otto.page("accounts/?q=nobody-like-this")
    assert otto.client.get(f"/desk/accounts/{people.house_account().id}/").status_code == 404


def test_a_new_version_asks_everybody_and_blocks_until_an_owner_agrees(otto: Desk) -> None:
    """The whole of section 2: preview, publish, the question at the sign-in, the gate in between."""
    anna = sending_customer()
    ben = person(anna.account_id, "Ben", Role.VIEWER)
    campaign = anna.ticked(anna.draft())
    url, text = "/desk/documents/new/terms/", {"text_en": "# Terms\n\nNew ones.", "text_de": "# Bedingungen\n\nNeue."}
    version = f"t-{anna.account_id}"
    assert otto.client.post(url, {"version": version, **text}).content.decode().count("New ones.") >= 2
    assert current_version("terms") != version, "a preview changes nothing"
    untitled = {"version": version, "text_en": "no title", "text_de": "x", "step": "publish"}
    assert otto.client.post(url, untitled).status_code == 422
    try:
        assert otto.client.post(url, {"version": version, **text, "step": "publish"}).status_code == 303
        assert otto.client.post(url, {"version": version, **text, "step": "publish"}).status_code == 422
        with tenancy.account(anna.account_id):
            blocked = [one.key for one in check_campaign(campaign.id).blocked_by]
        assert blocked == ["policy-accepted"]
        _agrees(browser(ben), anna, owner=False)
        with tenancy.account(anna.account_id):
            assert not check_campaign(campaign.id).allowed, "a viewer does not bind the account"
            assert Acknowledgement.objects.filter(user=ben, occasion=Occasion.SIGN_IN).exists()
        _agrees(anna.client, anna, owner=True)
        with tenancy.account(anna.account_id):
            assert check_campaign(campaign.id).allowed
            assert Acceptance.objects.filter(user=anna.owner, document__version=version).count() == 1
            assert documents_to_read(anna.owner) == []
    finally:
        _shipped_again()


def _agrees(client: Client, anna: Customer, *, owner: bool) -> None:
    session = client.session
    session[ASK_AGREEMENTS] = True
    session.save()
    assert client.get("/studio/lists/")["Location"] == "/studio/agreements/"
    page = client.get("/studio/agreements/").content.decode()
    assert ("Accept for this account" in page) == owner
    boxes = re.findall(r'<input[^>]*name="accept"[^>]*>', page)
    assert boxes
    assert not any("checked" in box for box in boxes)
    assert client.post("/studio/agreements/", {"accept": []}).status_code == 422
    ids = [re.search(r'value="(\d+)"', box)[1] for box in boxes]  # type: ignore[index]
    assert client.post("/studio/agreements/", {"accept": ids}).status_code == 303
    assert client.get("/studio/lists/").status_code == 200


def _shipped_again() -> None:
    """The other tests of this run know the shipped texts: the owner of the tables takes the new version back."""
    with psycopg.connect(owner_url(load_settings())) as owner:
        owner.execute("SET session_replication_role = replica")
        for table in ("acceptance", "acknowledgement"):
            newer = f"DELETE FROM {table} a USING agreement_document d WHERE d.id = a.document_id AND d.version <> %s"
            owner.execute(newer, [VERSION])
        owner.execute("DELETE FROM agreement_document WHERE version <> %s", [VERSION])


def test_later_asks_at_the_next_sign_in(anna: Customer) -> None:
    ben = browser(person(anna.account_id, "Ben", Role.EDITOR))
    session = ben.session
    session[ASK_AGREEMENTS] = True
    session.save()
    assert ben.get("/studio/")["Location"] == "/studio/agreements/"
    assert ben.post("/studio/agreements/", {"later": "yes"}).status_code == 303
    assert ben.get("/studio/").status_code == 200


def test_the_audit_log_is_read_and_checked(anna: Customer, otto: Desk) -> None:
    page = otto.page(f"audit/?account={anna.account_id}")
    assert "account.active" in page
    assert "Account activated" in page, "the code in words"
    assert "account.active" in otto.page(f"audit/?q=activated&account={anna.account_id}"), "words are found, too"
    assert "none changed, removed or inserted" in otto.page("audit/?check=1")
    assert otto.client.post("/desk/audit/").status_code == 405


def test_letters_of_the_service_are_read_where_no_relay_takes_them(
    anna: Customer, otto: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only those of the operator's own account, never a customer's; with a relay there is no such page."""
    raw = b"Subject: Your application\r\n\r\nhttps://localhost:8443/apply/begin/abc:def/\r\n"
    with tenancy.platform(PlatformReason.TEST_INBOX):
        house = people.house_account().id
        mine = InboxMessage.objects.create(account_id=house, envelope_to="new@x.example", subject="Hello", raw=raw)
        hers = InboxMessage.objects.create(account_id=anna.account_id, envelope_to="dora@x.example", raw=raw)
    assert "new@x.example" in otto.page("test-inbox/?q=new@")
    assert 'href="/apply/begin/abc:def/"' in otto.page(f"test-inbox/{mine.id}/")
    otto.page(f"test-inbox/{hers.id}/", 404)
    otto.page(f"test-inbox/{hers.id}/html/", 404)
    assert "<iframe" not in otto.page(f"test-inbox/{mine.id}/"), "there is no HTML part"
    assert "dora@x.example" not in otto.page("test-inbox/")
    relayed = settings.SETTINGS.model_copy(update={"relay_host": "relay.example"})
    monkeypatch.setattr(settings, "SETTINGS", relayed)
    otto.page(f"test-inbox/{mine.id}/", 404)
    otto.page(f"test-inbox/{mine.id}/html/", 404)
    assert "/desk/test-inbox/" not in otto.page("")


def test_a_letter_of_the_service_is_shown_as_its_recipient_sees_it(otto: Desk) -> None:
    """In a frame that runs nothing and fetches nothing of ours; the text stays below it."""
    letter = EmailMessage()
    letter["Subject"] = "Your application"
    letter.set_content("As text")
    letter.add_alternative("<html><body><h1>Welcome</h1><script>parent.x()</script></body></html>", subtype="html")
    with tenancy.platform(PlatformReason.TEST_INBOX):
        house = people.house_account().id
        row = InboxMessage.objects.create(account_id=house, envelope_to="a@x.example", raw=letter.as_bytes())
    shown = otto.page(f"test-inbox/{row.id}/")
    frame = re.search(r"<iframe[^>]*>", shown)
    assert frame is not None
    assert f'src="/desk/test-inbox/{row.id}/html/"' in frame[0]
    assert re.search(r"\ssandbox\s", frame[0]), "without any permission"
    assert "As text" in shown
    answer = otto.client.get(f"/desk/test-inbox/{row.id}/html/")
    assert "<h1>Welcome</h1>" in answer.content.decode()
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
