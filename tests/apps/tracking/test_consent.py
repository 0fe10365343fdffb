"""Whose click it was is known only of people who agreed to that, and of them alone (R-107, R-108)."""

import email
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email import policy

import psycopg
from django.db import connection
from django.test import Client

from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.models import Delivery, DeliveryState
from mailflatrate.apps.delivery.planning.editions import edition_mail
from mailflatrate.apps.delivery.send.claims import COLUMNS, JOINS
from mailflatrate.apps.gate.recipients import RecipientRow
from mailflatrate.apps.lists.actions.tracking import choose_tracking, tracking_wording
from mailflatrate.apps.lists.models import ConsentKind, Contact
from mailflatrate.apps.tracking.actions import record_personal_click
from mailflatrate.apps.tracking.models import Click
from mailflatrate.apps.tracking.queries import clicks_of
from mailflatrate.apps.tracking.scanners import ClientInfo
from mailflatrate.base import clock, tenancy
from mailflatrate.settings import load_settings
from mailflatrate.settings.roles import owner_url
from support.customers import Customer, sending_customer
from support.waiting import wait_until

LINK = re.compile(r"https://[^\s\"'<>)]+")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


class Mailing:
    """Three readers; Dora, the first, may be asked about her clicks."""

    def __init__(self) -> None:
        self.anna: Customer = sending_customer(people=3)
        with tenancy.account(self.anna.account_id):
            self.dora = Contact.objects.order_by("id").values_list("id", flat=True)[0]

    def choose(self, agrees: bool) -> bool:
        with tenancy.account(self.anna.account_id):
            return choose_tracking(
                self.dora,
                agrees=agrees,
                wording=tracking_wording("Lindenhof", "en"),
                language="en",
                source="test",
                ip="203.0.113.9",
                user_agent=BROWSER,
            )

    def send(self) -> Campaign:
        self.campaign = self.anna.sending()
        return self.campaign

    def letters(self) -> dict[int, str]:
        with tenancy.account(self.anna.account_id):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT {COLUMNS} FROM delivery d {JOINS} WHERE d.campaign_id = %s ORDER BY d.id",
                    [self.campaign.id],
                )
                rows = [RecipientRow._make(row) for row in cursor.fetchall()]
            edition_id = Edition.objects.get(campaign=self.campaign).id
        mail = edition_mail(self.anna.account_id, edition_id)
        found = {}
        for row in rows:
            composers = mail.personal if row.tracking and mail.personal else mail.composers
            assert row.contact_id is not None
            whole = row._replace(attributes=json.loads(str(row.attributes)))  # Django leaves jsonb as text
            letter = composers[row.list_id or 0].compose(mail.recipient(whole), clock.now())
            found[row.contact_id] = _decoded(letter.content)
        return found

    def followed(self, letter: str) -> set[str]:
        """Where the links of the content lead, without the person's own service links."""
        return {url for url in LINK.findall(letter) if re.search(r"/[ck]/", url)}


def _decoded(octets: bytes) -> str:
    message = email.message_from_bytes(octets, policy=policy.default)
    return "\n".join(str(part.get_content()) for part in message.walk() if not part.is_multipart())


def test_without_consent_everybody_has_the_same_links() -> None:
    mailing = Mailing()
    mailing.send()
    targets = [mailing.followed(letter) for letter in mailing.letters().values()]
    assert len(targets) == 3
    assert targets[0]
    assert targets[0] == targets[1] == targets[2]
    assert all("/c/" in url for url in targets[0])


def test_consent_makes_one_persons_links_his_own_and_nobody_elses() -> None:
    mailing = Mailing()
    assert mailing.choose(agrees=True)
    assert not mailing.choose(agrees=True), "once is enough"
    mailing.send()
    letters = mailing.letters()
    dora, others = letters.pop(mailing.dora), list(letters.values())
    assert mailing.followed(others[0]) == mailing.followed(others[1])
    mine = mailing.followed(dora)
    assert mine
    assert all("/k/" in url for url in mine)
    anna = mailing.anna
    path = next(iter(mine)).partition("://")[2].partition("/")[2]
    visitor = Client()
    with tenancy.account(anna.account_id):
        delivery = Delivery.objects.get(campaign=mailing.campaign, contact_id=mailing.dora)
        before = Contact.objects.get(id=mailing.dora).last_activity_at
    assert visitor.get(f"/{path}", headers={"User-Agent": BROWSER}).status_code == 302, "not settled: a scanner"
    anna.settle(mailing.campaign, DeliveryState.SENT, 3)
    with tenancy.account(anna.account_id):
        Delivery.objects.filter(id=delivery.id).update(settled_at=clock.now() - timedelta(minutes=2))
    answer = visitor.get(f"/{path}", headers={"User-Agent": BROWSER})
    assert answer.headers["Location"] == "https://lindenhof.example/bulbs"
    assert visitor.post(f"/{path}").status_code == 405
    with tenancy.account(anna.account_id):
        clicks = list(Click.objects.order_by("id").values_list("delivery_id", "machine"))
        assert clicks == [(delivery.id, True), (delivery.id, False)]
        assert Contact.objects.get(id=mailing.dora).last_activity_at != before
    mailing.choose(agrees=False)
    assert visitor.get(f"/{path}", headers={"User-Agent": BROWSER}).status_code == 302, "the link still leads there"
    with tenancy.account(anna.account_id):
        assert Click.objects.order_by("-id").values_list("delivery_id", flat=True)[0] is None
        counted = clicks_of(Edition.objects.get(campaign=mailing.campaign))
        assert (counted[0].people, counted[0].machines) == (2, 1), "the report counts all of them"


def test_a_click_during_the_withdrawal_has_no_name() -> None:
    mailing = Mailing()
    mailing.choose(agrees=True)
    campaign = mailing.send()
    with tenancy.account(mailing.anna.account_id):
        delivery = Delivery.objects.get(campaign=campaign, contact_id=mailing.dora)
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted"

    def click() -> None:
        with tenancy.account(mailing.anna.account_id):
            visitor = ClientInfo(head=False, user_agent=BROWSER, ip="203.0.113.9")
            assert record_personal_click(delivery_id=delivery.id, number=1, visitor=visitor)
        connection.close()

    with ThreadPoolExecutor() as pool, psycopg.connect(owner_url(load_settings()), autocommit=True) as owner:
        with tenancy.account(mailing.anna.account_id):
            mailing.choose(agrees=False)
            clicked = pool.submit(click)
            wait_until(lambda: clicked.done() or owner.execute(waiting).fetchone(), "a click that is done or waits")
        clicked.result()
    with tenancy.account(mailing.anna.account_id):
        assert list(Click.objects.values_list("delivery_id", flat=True)) == [None]


def test_the_consent_is_an_event_of_its_own() -> None:
    mailing = Mailing()
    mailing.choose(agrees=True)
    mailing.choose(agrees=False)
    with tenancy.account(mailing.anna.account_id):
        events = ConsentEvent.objects.filter(contact_id=mailing.dora).select_related("evidence").order_by("id")
        kinds = [event.kind for event in events]
        assert kinds == [ConsentKind.CONFIRMED, ConsentKind.TRACKING_GRANTED, ConsentKind.TRACKING_WITHDRAWN]
        granted = events[1]
        assert granted.mailing_list_id is None
        assert "may record which links in its emails I follow and when," in granted.evidence.details["wording"]
        assert granted.evidence.confirmed_ip == "203.0.113.9"
        assert Contact.objects.get(id=mailing.dora).tracking is False
