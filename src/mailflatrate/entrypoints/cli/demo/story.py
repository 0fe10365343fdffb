"""The steps of the demonstration, in order, through the product's own actions."""

import csv
import io
import re
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from typing import Any

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from mailflatrate.apps.accounts.actions import agreements, people, vetting
from mailflatrate.apps.accounts.models import DecisionKind, User
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.campaigns.actions import drafts
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign, CampaignState, ContentKind
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.delivery.queries import campaign_progress
from mailflatrate.apps.domains.actions import domains, mailboxes
from mailflatrate.apps.domains.models import SenderAddress
from mailflatrate.apps.forms.actions import form_edits
from mailflatrate.apps.gate import actions as gate
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.apps.inbound.models import FeedbackKind, InboxMessage
from mailflatrate.apps.inbound.queries import feedback_counts
from mailflatrate.apps.intake.actions import imports, origin_decisions, origins
from mailflatrate.apps.intake.models import Import, ImportState
from mailflatrate.apps.lists.actions import lists
from mailflatrate.apps.lists.models import EvidenceColumn, OriginKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.cli.demo import shop, transactional, welcome
from mailflatrate.entrypoints.cli.demo.environment import COLLEAGUE, OPERATOR, OTHER, OWNER, PASSWORD, DemoPlace
from mailflatrate.mail.identifiers.tokens import TOKEN_PATTERN, TokenPurpose
from mailflatrate.rules.forms import FieldKind, FormContent, FormField, content_from_json, default_texts
from mailflatrate.settings import load_settings

_APPLICATIONS = tomllib.loads(Path(__file__).with_name("applications.toml").read_text("utf-8"))
LINDENHOF: dict[str, Any] = _APPLICATIONS["lindenhof"]
NORDSTERN: dict[str, Any] = LINDENHOF | _APPLICATIONS["nordstern"]
SHIPPED = Path(__file__).with_name("contacts.csv")
WRITTEN_ON = datetime(2026, 11, 24, tzinfo=UTC)
NEWEST_CONSENT_AGE = timedelta(days=20)
DATES = ("Anmeldung", "Bestätigung")


def contacts_today(now: datetime) -> io.BytesIO:
    """Dates are moved by whole days, and compressed from twenty months to eleven: the newest consent is weeks old."""
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, delimiter=";")
        rows = list(reader)
        names = reader.fieldnames or []
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, names, delimiter=";")
    writer.writeheader()
    for row in rows:
        for name in DATES:
            if row[name]:
                age = (WRITTEN_ON - datetime.fromisoformat(row[name])) * 0.5 + NEWEST_CONSENT_AGE
                row[name] = (now - age).replace(microsecond=0).isoformat()
        writer.writerow(row)
    return io.BytesIO(out.getvalue().encode())


CAMPAIGN_TEXT = Path(__file__).with_name("campaign.md")
APPROVAL = "Checked the form and the checkout. A sample of 20 proofs matches the declaration."
PATIENCE_SECONDS = 600.0
# Feedback by mail or click takes a moment to arrive after the last message is sent.
EXPECTED_BACK = {FeedbackKind.HARD_BOUNCE: 6, FeedbackKind.COMPLAINT: 2, FeedbackKind.UNSUBSCRIBE: 6}
IMPRINT = {
    "organisation": "company", "legal_name": "Gärtnerei Lindenhof", "legal_form": "GmbH",
    "representatives": "Anna Lindner", "street": "Lindenweg 4", "postcode": "24103", "city": "Kiel",
    "address_country": "DE", "email": "post@lindenhof.example", "phone": "+49 431 123450",
    "website": "https://lindenhof.example", "register_name": "Amtsgericht Kiel", "register_number": "HRB 1234 KI",
    "vat_id": "DE136695976", "privacy_url": "https://lindenhof.example/datenschutz",
}  # fmt: skip
FORM_NAMES = {"de": "Newsletter der Gärtnerei Lindenhof", "en": "Newsletter of Gärtnerei Lindenhof"}
FORM_WORDS = {
    "de": {"topics": "Tipps und Angebote zu Pflanzen", "frequency": "etwa zweimal im Monat",
           "intro": "Zweimal im Monat, was jetzt zu pflanzen ist."},
    "en": {"topics": "tips and offers about plants", "frequency": "about twice a month",
           "intro": "Twice a month, what is to be planted now."},
}  # fmt: skip
FIRST_NAME = FormField("first_name", FieldKind.FIRST_NAME, {"de": "Vorname", "en": "First name"})

Say = Callable[[str], None]


def play(place: DemoPlace, *, say: Say) -> dict[str, Any]:
    operator = people.create_user(OPERATOR, name="Otto Brandt", password=PASSWORD, is_staff=True)
    with tenancy.access():
        TOTP.activate(operator, load_settings().demo_second_factor or generate_totp_secret())
    account_id, anna = _customer(operator)
    _stranger(operator)
    say("Gärtnerei Lindenhof applied and accepted the agreements, and Otto activated the account.")
    sender_id = _sender(place, account_id, anna)
    service_address = transactional.add_service_sender(place, account_id, anna)
    say("lindenhof.example is verified: its DNS records are in place and its mailboxes are confirmed.")
    list_id, origin_id, import_id = _import(account_id, anna)
    _wait(lambda: _imported(account_id, import_id), "the import")
    origin_decisions.decide_origin(
        origin_id, origin_decisions.OriginDecision.APPROVE, reviewer=operator, reason=APPROVAL
    )
    done = _imported(account_id, import_id)
    assert done is not None
    say(f"{done.accepted:,} contacts were imported with proof of consent. Otto approved the list origin.")
    form_code = _form(account_id, anna, list_id, sender_id)
    say("The newsletter's sign-up form is published.")
    welcome.ask_people(account_id, form_code, anna)
    shop.prepare_shop(account_id, anna)
    campaign_id = _campaign(account_id, anna, list_id, sender_id)
    _review(account_id, campaign_id, operator)
    say(
        "“Winterzwiebeln” passed all checks, Otto reviewed it as a first campaign, and it is being sent to "
        "the test inbox."
    )
    welcome.begin_series(account_id, form_code, anna, operator, wait=_wait)
    say("A welcome series starts for everyone who confirms on the form from now on.")
    transactional.send_orders(account_id, _proved(account_id, service_address), anna, operator)
    say("The web shop's orders are confirmed by email. A second template, of the invoice, waits for Otto.")
    _wait(lambda: _settled(account_id, campaign_id), "the campaign and its bounces")
    shop.play_orders(account_id, campaign_id, wait=_wait)
    say("Readers clicked and ordered in the web shop, one order was refunded, and sixty people answered the question.")
    transactional.report_wrong_reader(account_id, wait=_wait)
    welcome.confirm_people(account_id, wait=_wait, received=_mail_to)
    return {**_numbers(account_id, campaign_id, done), "form_code": form_code}


def _customer(operator: User) -> tuple[int, User]:
    account_id, anna = _applied(OWNER, "Anna Lindner", "Gärtnerei Lindenhof", LINDENHOF)
    ben = people.create_user(COLLEAGUE, name="Ben Petersen", password=PASSWORD)
    people.add_member(account_id, ben)
    agreements.save_imprint(account_id, country="DE", fields=IMPRINT, by=anna)
    people.change_settings(account_id, language="de", time_zone="Europe/Berlin")
    people.change_colour(account_id, "#00614a")
    vetting.decide_application(account_id, DecisionKind.APPROVE, by=operator, note="Imprint and form checked.")
    return account_id, anna


def _stranger(operator: User) -> None:
    account_id, _carla = _applied(OTHER, "Carla Brandt", "Möbelhaus Nordstern", NORDSTERN)
    vetting.decide_application(account_id, DecisionKind.APPROVE, by=operator)


def _applied(email: str, name: str, company: str, record: dict[str, Any]) -> tuple[int, User]:
    begun = vetting.begin_application(email, name=name, company=company, country="DE", language="de")
    vetting.save_application(begun.account_id, record, step="all")
    user = User.objects.get(email=email)
    where = agreements.Circumstances(ip="127.0.0.1", user_agent="demonstration")
    vetting.submit_application(begun.account_id, user, where, password=PASSWORD)
    return begun.account_id, user


def _sender(place: DemoPlace, account_id: int, anna: User) -> int:
    with tenancy.account(account_id):
        domain = domains.add_domain("lindenhof.example")
        for record in domains.records_to_publish(domain):
            place.publish(record.host, record.record_type, record.value)
        domains.check_domain(domain.id)
        sender = domains.add_sender(domain.id, "news@lindenhof.example", "Gärtnerei Lindenhof", by=anna)
        replies = mailboxes.add_reply_address("post@lindenhof.example", by=anna)
    for email in (sender.email, replies.email):
        _click(_wait(partial(_mail_to, email), f"the verification email to {email}"))
    return sender.id


def _proved(account_id: int, email: str) -> int:
    _click(_wait(partial(_mail_to, email), f"the verification email to {email}"))
    with tenancy.account(account_id):
        return SenderAddress.objects.get(email=email).id


def _mail_to(email: str) -> bytes | None:
    with tenancy.platform(PlatformReason.TEST_INBOX):
        mail = InboxMessage.objects.filter(envelope_to=email).order_by("id").first()
        return bytes(mail.raw) if mail else None


def _click(mail: bytes) -> None:
    text = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
    link = re.search(rf"/mailbox/({TOKEN_PATTERN})", text.get_content() if text else "")
    claims = key_ring().open_token(TokenPurpose.MAILBOX, link[1]) if link else None
    if claims is None:
        raise RuntimeError("the verification email has no link")
    with tenancy.account(claims.account_id):
        mailboxes.confirm_mailbox(claims.delivery_id, claims.extra)


def _import(account_id: int, anna: User) -> tuple[int, int, int]:
    with tenancy.account(account_id):
        newsletter = lists.create_list("Newsletter", public_name="Newsletter der Gärtnerei Lindenhof", language="de")
        origin = origins.declare_origin(
            newsletter.id, _declaration(), by=anna, ip="127.0.0.1", user_agent="demonstration"
        )
        begun = imports.start_import(newsletter.id, contacts_today(clock.now()), "contacts.csv", {}, by=anna)
        return newsletter.id, origin.id, begun.id


def _declaration() -> origins.Declaration:
    today = clock.now().date()
    return origins.Declaration(
        kind=OriginKind.SHOP,
        form_urls=["https://lindenhof.example/newsletter", "https://lindenhof.example/kasse"],
        wording="Ja, ich möchte den Newsletter der Gärtnerei Lindenhof GmbH mit Angeboten und Terminen etwa zweimal im "
        "Monat per E-Mail erhalten. Die Einwilligung kann ich jederzeit widerrufen.",
        collected_from=today - timedelta(days=600),
        collected_to=None,
        previous_system="Shop module with double opt-in",
        last_mailed_on=today - timedelta(days=21),
        declared_count=500,
        controller="Gärtnerei Lindenhof GmbH",
        signatory="Anna Lindner",
        evidence=[column for column in EvidenceColumn if column != EvidenceColumn.USER_AGENT],
        assured=True,
    )


def _form(account_id: int, anna: User, list_id: int, sender_id: int) -> str:
    with tenancy.account(account_id):
        form = form_edits.create_form("Website", list_id, by=anna, sender_id=sender_id)
        texts = {language: default_texts(language, name) for language, name in FORM_NAMES.items()}
        texts = {language: replace(texts[language], **FORM_WORDS[language]) for language in texts}
        style = content_from_json(form.draft).style
        content = FormContent(("de", "en"), texts, (FIRST_NAME,), style)
        form_edits.save_draft(form.id, name=form.name, list_id=list_id, sender_id=sender_id, content=content)
        verdict = form_edits.publish_form(form.id, by=anna)
        if not verdict.allowed:
            raise RuntimeError(f"the form cannot be published: {verdict.blocked_by}")
        return form.code


def _imported(account_id: int, import_id: int) -> Import | None:
    with tenancy.account(account_id):
        job = Import.objects.get(id=import_id)
        if job.state in (ImportState.FAILED, ImportState.CANCELLED):
            raise RuntimeError(f"the import failed: {job.problem}")
        return job if job.state == ImportState.DONE and job.check_state else None


def _campaign(account_id: int, anna: User, list_id: int, sender_id: int) -> int:
    values = {
        "subject": "Winterzwiebeln sind da",
        "preheader": "Pflanzen Sie bis Samstag mit uns",
        "sender_id": sender_id,
        "reply_to": "post@lindenhof.example",
        "language": "de",
        "list_ids": [list_id],
        "content_kind": ContentKind.MARKDOWN,
        "content": CAMPAIGN_TEXT.read_text(encoding="utf-8"),
    }
    with tenancy.account(account_id):
        current_account()
        campaign = drafts.create_campaign("Winterzwiebeln", by=anna, values=values)
        drafts.tick_policy(campaign.id, by=anna, shown_hash=content_hash(campaign, newest_imprint()))
        decision = gate.release_campaign(campaign.id, by=anna)
        if not decision.allowed:
            failed = [finding for finding in decision.findings if not finding["passed"]]
            raise RuntimeError(f"the checks block the demo campaign: {failed}")
        return campaign.id


def _review(account_id: int, campaign_id: int, operator: User) -> None:
    with tenancy.account(account_id):
        fingerprint = content_hash(Campaign.objects.get(id=campaign_id), newest_imprint())
    review_campaign(account_id, campaign_id, approved=True, by=operator, shown_hash=fingerprint)


def _settled(account_id: int, campaign_id: int) -> bool:
    with tenancy.account(account_id):
        if Campaign.objects.get(id=campaign_id).state != CampaignState.SENT:
            return False
        back = feedback_counts(campaign_id)
        return all(back[kind] >= number for kind, number in EXPECTED_BACK.items())


def _wait(poll: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        outcome = poll()
        if outcome:
            return outcome
        time.sleep(0.5)
    raise TimeoutError(f"{what} did not finish within {PATIENCE_SECONDS:.0f} seconds")


def _numbers(account_id: int, campaign_id: int, done: Import) -> dict[str, Any]:
    with tenancy.account(account_id):
        progress = campaign_progress(campaign_id)
        back = feedback_counts(campaign_id)
        campaign = Campaign.objects.get(id=campaign_id)
        return {
            "mailing_id": campaign.mailing_id,
            "imported": done.accepted,
            "quarantined": done.quarantined,
            "refused": done.refused,
            "planned": progress.planned,
            "sent": progress.sent,
            "withheld": dict(progress.withheld),
            "bounced_hard": progress.bounced_hard,
            "bounced_soft": progress.bounced_soft,
            "complained": back[FeedbackKind.COMPLAINT],
            "unsubscribed": back[FeedbackKind.UNSUBSCRIBE],
            "automatic_answers": back[FeedbackKind.AUTO_REPLY],
            "in_doubt": progress.in_doubt,
            "waiting": progress.pending + progress.deferred,
        }
