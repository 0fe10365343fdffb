"""Facts of a campaign with nothing wrong, for tests to break in one place. The sender is Anna's shop."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.contacts.audience_states import ConsentKind, OriginState, SubscriptionState
from mailflatrate.rules.facts import (
    AccountFacts,
    AudienceFacts,
    CampaignFacts,
    ContentFacts,
    ContractFacts,
    DnsRecordFacts,
    DnsState,
    FromFacts,
    LinkFacts,
    NoticeFacts,
    ReleaseFacts,
    SenderFacts,
)
from mailflatrate.rules.form_facts import ConfirmationFacts
from mailflatrate.rules.imprint import ImprintRecord, Organization
from mailflatrate.rules.recipient_facts import RecipientFacts

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
OK = DnsRecordFacts(DnsState.OK, "expected", "expected")

IMPRINT = ImprintRecord(
    country="DE",
    organisation=Organization.COMPANY,
    legal_name="Annas Papierladen GmbH",
    legal_form="GmbH",
    representatives=("Anna Huber",),
    street="Lindenstraße 4",
    postcode="80331",
    city="München",
    email="anna@papierladen.de",
    phone="+49 89 1234560",
    register_name="Amtsgericht München",
    register_number="HRB 123456",
    vat_id="DE123456789",
    privacy_url="https://papierladen.de/datenschutz",
)
ACCOUNT = AccountFacts(
    status=AccountStatus.ACTIVE,
    activated_at=NOW - timedelta(days=90),
    activated_by="otto",
    terms_current="t2",
    terms_accepted="t2",
    policy_current="p3",
    policy_accepted="p3",
    dpa_current="d1",
    dpa_accepted="d1",
    campaigns_sent=12,
)
RELEASE = ReleaseFacts(content_hash="c0ffee", acknowledged_hash="c0ffee", acknowledged_policy="p3")
SENDER = SenderFacts(
    from_address="post@news.papierladen.de",
    from_domain="news.papierladen.de",
    display_name="Annas Papierladen",
    address_verified_at=NOW,
    domain_verified_at=NOW,
    dkim=OK,
    spf=OK,
    dmarc=OK,
    mx=OK,
    dkim_domain="papierladen.de",
    return_path_domain="bounce.news.papierladen.de",
)
CONTENT = ContentFacts(
    subject="Neues Papier im November",
    preheader="Bütten, Japanpapier und ein Kalender",
    html_octets=20_000,
    text_octets=2_000,
    total_octets=30_000,
    unsubscribe_in_html=True,
    unsubscribe_in_text=True,
    reason_in_html=True,
    reason_in_text=True,
    links=(
        LinkFacts("https://papierladen.de/neu", "Zum Laden"),
        LinkFacts("https://www.papierladen.de", "papierladen.de"),
    ),
)
AUDIENCE = AudienceFacts(lists=("Kundenbrief",), recipients=1000)
CAMPAIGN = CampaignFacts(ACCOUNT, RELEASE, SENDER, IMPRINT, CONTENT, AUDIENCE)
FROM = FromFacts("Lindenhof", "hallo@lindenhof.example", "lindenhof.example")
CONFIRMATION = ConfirmationFacts(
    account=ACCOUNT,
    imprint=IMPRINT,
    form_published=True,
    requested_at=NOW - timedelta(seconds=3),
    token_expires_at=NOW + timedelta(days=7),
    now=NOW,
    suppressed=False,
    address_refused_by="",
    mails_to_address_last_day=0,
    tracking=False,
    links=3,
    from_line=FROM,
)
CONTRACT = ContractFacts(
    account=ACCOUNT,
    imprint=IMPRINT,
    is_enabled=True,
    is_reviewed=True,
    from_line=FROM,
    sender_proved=True,
    stream_apart=True,
    reference="A-4711",
    address_refused_by="",
    is_suppressed=False,
    is_misdirected=False,
    volume_reached=-1,
    messages_last_day=0,
)
NOTICE = NoticeFacts(recipient_is_user=True, address_dead=False)
DORA = RecipientFacts(
    suppressed=None,
    subscription=SubscriptionState.CONFIRMED,
    consent=ConsentKind.CONFIRMED,
    consent_event_id=7,
    consent_list_id=1,
    list_id=1,
    consent_at=NOW - timedelta(days=40),
    last_contact_at=NOW - timedelta(days=10),
    origin=OriginState.FORM,
)


def campaign(**parts: dict[str, Any]) -> CampaignFacts:
    """Return the good campaign with some values changed: `campaign(content={"subject": ""})`."""
    changed = {name: replace(getattr(CAMPAIGN, name), **values) for name, values in parts.items() if name}
    changed |= parts.get("", {})
    return replace(CAMPAIGN, **changed)
