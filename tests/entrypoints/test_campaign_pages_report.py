"""One campaign after its release: live progress, actions, recipients, clicks, the decision, the frozen edition."""

import csv
import io
import re
from typing import Any

import pytest
from django.test import Client

from mailflatrate.apps.campaigns.models import Campaign, CampaignState, Edition
from mailflatrate.apps.delivery.models import Attempt, Delivery, DeliveryState
from mailflatrate.apps.inbound.models import Feedback, FeedbackKind
from mailflatrate.apps.lists.cells import harmless
from mailflatrate.apps.tracking.models import Click
from mailflatrate.base import clock, tenancy
from support.contact_files import readdress
from support.customers import Customer, sending_customer
from support.people import browser, followed

pytestmark = pytest.mark.usefixtures("database")
HTMX = {"HTTP_HX_REQUEST": "true"}


def text(client: Client, url: str, **headers: Any) -> str:
    answer = client.get(url, **headers)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def url(campaign: Campaign, path: str = "") -> str:
    return f"/studio/campaigns/{campaign.id}/{path}"


def streamed(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode("utf-8")  # type: ignore[attr-defined]


def mixed() -> tuple[Customer, Campaign]:
    """Ten recipients: one still waiting, every other outcome among the rest."""
    anna = sending_customer(people=10)
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, 3, reply_code=250, reply_text="Ok, queued")
    anna.settle(campaign, DeliveryState.BOUNCED, 2, bounce="hard", reply_code=550, reply_status="5.1.1")
    anna.settle(campaign, DeliveryState.BOUNCED, 1, bounce="soft", reply_code=552)
    anna.settle(campaign, DeliveryState.WITHHELD, 1, reason="missing_value")
    anna.settle(campaign, DeliveryState.DEFERRED, 1, reply_code=451)
    anna.settle(campaign, DeliveryState.IN_DOUBT, 1, reason="host_lost")
    return anna, campaign


def test_progress_asks_again_while_it_moves_and_stops_when_it_is_through() -> None:
    anna, campaign = mixed()
    page = text(anna.client, url(campaign))
    assert 'hx-trigger="every 1s"' in page
    assert "8 of 10" in page
    assert "80%" in page
    part = text(anna.client, url(campaign, "progress/"), **HTMX)
    assert part.lstrip().startswith('<div id="progress"')
    assert 'id="cancel-text" hx-swap-oob="true"' in part
    assert "2 recipients won't get it. 3 recipients already have it" in " ".join(part.split())
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.SENT)
    part = text(anna.client, url(campaign, "progress/"), **HTMX)
    assert "hx-trigger" not in part
    assert "/pause/" not in part


def test_pause_go_on_and_cancel() -> None:
    anna, campaign = mixed()
    anna.client.post(url(campaign, "pause/"))
    assert anna.again(campaign).state == CampaignState.PAUSED
    page = text(anna.client, url(campaign))
    assert "Paused. Resume to send the remaining messages." in page
    assert "/resume/" in page
    anna.client.post(url(campaign, "resume/"))
    assert anna.again(campaign).state == CampaignState.SENDING
    anna.client.post(url(campaign, "cancel/"))
    assert anna.again(campaign).state == CampaignState.CANCELLED
    assert "campaign&#x27;s status has changed in the meantime" in followed(anna.client, url(campaign, "pause/"), {})
    assert anna.again(campaign).state == CampaignState.CANCELLED


def test_the_reason_of_a_waiting_mailing_is_shown() -> None:
    anna, campaign = mixed()
    with tenancy.account(anna.account_id):
        waiting = {"state": CampaignState.WAITING, "state_reason": "relay.example refused"}
        Campaign.objects.filter(id=campaign.id).update(**waiting)
    page = text(anna.client, url(campaign))
    assert "Sending continues automatically once it does" in page
    assert "relay.example refused" in page


def test_what_came_back_is_counted() -> None:
    anna, campaign = mixed()
    with tenancy.account(anna.account_id):
        ids = list(Delivery.objects.filter(campaign_id=campaign.id, state="sent").values_list("id", flat=True))
        for kind, delivery_id in ((FeedbackKind.COMPLAINT, ids[0]), (FeedbackKind.UNSUBSCRIBE, ids[1])):
            Feedback.objects.create(delivery_id=delivery_id, campaign_id=campaign.id, kind=kind)
    page = text(anna.client, url(campaign))
    assert "33.33%" in page, "one of three"
    assert "limit 0.10%" in page
    assert "limit 2.00%" in page


def test_recipients_by_outcome_reason_and_address() -> None:
    anna, campaign = mixed()
    people = url(campaign, "recipients/")
    assert text(anna.client, people).count('class="cell-title') == 10
    assert text(anna.client, f"{people}?state=bounced").count('class="cell-title') == 3
    hard = text(anna.client, f"{people}?state=bounced&detail=hard")
    assert hard.count('class="cell-title') == 2
    assert "550 5.1.1" in hard
    assert text(anna.client, f"{people}?state=withheld&detail=missing_value").count('class="cell-title') == 1
    assert "don't know whether it was delivered" in text(anna.client, f"{people}?state=in_doubt")
    found = text(anna.client, f"{people}?q=READER4%40")
    assert found.count('class="cell-title') == 1
    assert "No matches" in text(anna.client, f"{people}?q=nobody")
    assert text(anna.client, f"{people}?q=reader4", **HTMX).lstrip().startswith('<div id="outcomes"')
    assert text(anna.client, f"{people}?state=nonsense").count('class="cell-title') == 10


def test_pages_of_recipients_follow_their_keys() -> None:
    anna = sending_customer(people=51)
    campaign = anna.sending()
    first = text(anna.client, url(campaign, "recipients/"))
    assert first.count('class="cell-title') == 50
    assert 'rel="next"' in first
    with tenancy.account(anna.account_id):
        ids = list(Delivery.objects.filter(campaign_id=campaign.id).order_by("id").values_list("id", flat=True))
    second = text(anna.client, f"{url(campaign, 'recipients/')}?after={ids[49]}")
    assert second.count('class="cell-title') == 1
    assert 'rel="next"' not in second
    assert "Back to start" in second


def test_attempts_are_shown_in_the_servers_words() -> None:
    anna, campaign = mixed()
    with tenancy.account(anna.account_id):
        row = Delivery.objects.filter(campaign_id=campaign.id, state="deferred").get()
        Attempt.objects.create(
            delivery=row, number=1, at=clock.now(), stage="rcpt", reply_code=451, reply_status="4.7.1",
            reply_text="Greylisted <b>come back</b>", host="mx.people.example",
        )  # fmt: skip
    part = text(anna.client, url(campaign, f"recipients/{row.id}/"), **HTMX)
    assert "Greylisted &lt;b&gt;come back&lt;/b&gt;" in part
    assert "mx.people.example" in part
    assert "<html" not in part
    assert "<html" in text(anna.client, url(campaign, f"recipients/{row.id}/"))
    other = anna.draft("Another")
    assert anna.client.get(url(other, f"recipients/{row.id}/")).status_code == 404


def test_the_export_holds_everybody_and_no_formula() -> None:
    anna, campaign = mixed()
    with tenancy.account(anna.account_id):
        row = Delivery.objects.filter(campaign_id=campaign.id).order_by("id").first()
        assert row is not None
        Delivery.objects.filter(id=row.id).update(reply_code=None, reply_status="", reply_text='@SUM("x")\r\n2')
    readdress(row.contact_id, email="=cmd@people.example")
    body = streamed(anna.client, url(campaign, "recipients.csv"))
    assert body.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(body.removeprefix("\ufeff"))))
    assert len(rows) == 11
    assert rows[1][0] == "'=cmd@people.example"
    assert rows[1][5].startswith("'@SUM")
    some = streamed(anna.client, f"{url(campaign, 'recipients.csv')}?state=bounced&detail=hard")
    assert len(list(csv.reader(io.StringIO(some)))) == 3


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(sign: str) -> None:
    assert harmless(f"{sign}1") == f"'{sign}1"
    assert harmless(f"a{sign}1") == f"a{sign}1"


def test_clicks_tell_people_from_machines() -> None:
    anna, campaign = mixed()
    with tenancy.account(anna.account_id):
        edition = Edition.objects.get(campaign_id=campaign.id)
        for machine in (False, False, True):
            Click.objects.create(campaign=campaign, edition_id=edition.id, link_number=1, machine=machine)
    page = text(anna.client, url(campaign, "clicks/"))
    assert "https://lindenhof.example/bulbs" in page
    assert ">2</td>" in page
    assert ">1</td>" in page
    overview = text(anna.client, url(campaign))
    figure = re.search(r"Click rate</a>.*?figure-value[^>]*>([^<]*)<", overview, re.DOTALL)
    assert figure is not None
    assert figure[1] == "66.7%", "two clicks, three delivered messages"
    assert "2 clicks by people, of the delivered messages" in " ".join(overview.split())


def test_delivered_is_a_share_of_the_messages_with_a_result() -> None:
    """Skipped, deferred and waiting recipients got no message, so they don't make delivery look worse."""
    anna, campaign = mixed()
    share = "42.9%"  # 3 delivered, 3 bounced, 1 unknown
    assert share in text(anna.client, url(campaign))
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(state=CampaignState.SENT, finished_at=clock.now())
    assert share in text(anna.client, "/studio/campaigns/")
    assert share in text(anna.client, "/studio/reports/")
    home = text(anna.client, "/studio/")
    assert share in home
    assert "3 of 7" in home


def test_a_draft_has_no_figures_of_its_test_send() -> None:
    anna = sending_customer()
    draft = anna.draft()
    for page in ("clicks/", "recipients/"):
        assert anna.client.get(url(draft, page)).headers["Location"] == url(draft, "edit/")


def test_the_decision_is_kept_with_hits_and_misses() -> None:
    anna = sending_customer()
    campaign = anna.draft()
    anna.client.post(url(campaign, "release/"), {"when": "now"})
    page = text(anna.client, url(campaign, "decision/"))
    assert "Held back" in page
    assert "R-04" in page
    assert "haven&#x27;t confirmed the anti-spam policy for this content" in page
    sent = anna.sending()
    assert "Released" in text(anna.client, url(sent, "decision/"))


def test_the_letter_is_the_frozen_one_in_a_frame_that_can_do_nothing() -> None:
    anna, campaign = mixed()
    page = text(anna.client, url(campaign, "edition/"))
    assert "sandbox src=" in page
    assert "Lindenhof GmbH" in page
    answer = anna.client.get(url(campaign, "edition/html/"))
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "Winter bulbs" in answer.content.decode()
    draft = anna.draft("Not yet")
    assert anna.client.get(url(draft, "edition/html/")).status_code == 404


def test_a_draft_is_written_and_a_sent_one_is_looked_at() -> None:
    anna = sending_customer()
    draft, sent = anna.draft(), anna.sending()
    assert anna.client.get(url(draft)).headers["Location"] == url(draft, "edit/")
    assert anna.client.get(url(sent, "edit/")).headers["Location"] == url(sent)


def test_a_million_is_written_as_people_read_it() -> None:
    anna = sending_customer()
    campaign = anna.sending()
    anna.settle(campaign, DeliveryState.SENT, 1)
    with tenancy.account(anna.account_id):
        Campaign.objects.filter(id=campaign.id).update(planned_count=1_000_000)
    assert "1,000,000" in text(anna.client, url(campaign))
    anna.client.cookies["language"] = "de"
    assert "1.000.000" in text(anna.client, url(campaign))


def test_an_export_of_somebody_elses_campaign_is_not_found() -> None:
    anna, campaign = mixed()
    carla = Customer.registered("Carla's Cafe").owner
    assert browser(carla).get(url(campaign, "recipients.csv")).status_code == 404
    assert len(streamed(anna.client, url(campaign, "recipients.csv")).splitlines()) == 11
