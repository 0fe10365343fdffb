"""R-78, R-79, R-87: what a report does automatically, and what it does not."""

import secrets
from collections.abc import Iterator

import dkim
import pytest

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.inbound import report_proof
from mailflatrate.apps.inbound.models import DeskState, RawMailState
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.mail.address import canonical_key
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.signing.dkim import generate_key
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.dns import ZoneServer
from support.cast import per_module
from support.contact_files import readdress
from support.returned_mail import LOOP, STRANGER, SentCampaign, arrive, desk, plain, sent_campaign

case = per_module(sent_campaign, people=16)
"""A campaign that twelve readers got."""


@pytest.fixture(scope="module")
def reporter() -> Iterator[bytes]:
    """A provider whose key is in the DNS; the private half."""
    private, record = generate_key()
    with (
        ZoneServer({"s1._domainkey.provider.example": {"TXT": [record]}}) as dns,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("MAILFLATRATE_DNS_SERVERS", dns.nameserver)
        load_settings.cache_clear()
        report_proof._resolver.cache_clear()
        yield private
    load_settings.cache_clear()
    report_proof._resolver.cache_clear()


def signed(raw: bytes, key: bytes, domain: bytes = b"provider.example") -> bytes:
    """As the provider hands it over; signed by another implementation than ours."""
    return dkim.sign(raw, b"s1", domain, key, include_headers=[b"from", b"to", b"subject"]) + raw


def test_a_report_of_a_known_loop_stops_everything_of_this_account(case: SentCampaign) -> None:
    mail = arrive(case.report(0), desk("fbl"), peer=LOOP)
    assert (mail.state, mail.desk, mail.reading["proof"]) == (RawMailState.HANDLED, DeskState.WAITING, "source")
    assert case.suppressions(0) == [("complaint", False)]
    assert case.state(0) == "unsubscribed"
    assert case.feedback(0) == ["complaint"]


def test_a_signed_report_acts_whoever_hands_it_over(case: SentCampaign, reporter: bytes) -> None:
    mail = arrive(signed(case.report(1), reporter), desk("fbl"), peer=STRANGER)
    assert (mail.reading["proof"], mail.reading["proof_detail"]) == ("dkim", "provider.example")
    assert case.suppressions(1) == [("complaint", False)]


@pytest.mark.parametrize("trick", ["unsigned", "other domain", "changed", "behind our own relay"])
def test_a_report_without_a_proof_changes_nothing(case: SentCampaign, reporter: bytes, trick: str) -> None:
    """RFC 9477 section 3.5: the token is genuine, the reporter is unknown. A case is opened, nothing else."""
    raw, peer = case.report(2), STRANGER
    if trick == "other domain":
        raw = signed(case.report(2, sender="fbl@bank.example"), reporter)
    elif trick == "changed":
        raw = signed(raw, reporter).replace(b"Subject: FW: complaint", b"Subject: FW: something else")
    elif trick == "behind our own relay":
        raw = b"Received: from mx.evil.example (unknown [203.0.113.66]) by mail.service.example\r\n" + raw
        peer = "127.0.0.1"
    before = _everything(case)
    mail = arrive(raw, desk("fbl"), peer=peer)
    assert (mail.reading["proof"], mail.desk) == ("none", DeskState.WAITING)
    assert case.suppressions(2) == []
    assert (case.state(2), case.feedback(2)) == ("confirmed", [])
    assert _everything(case) == before


def test_a_forged_report_changes_nothing_and_names_nobody(case: SentCampaign) -> None:
    """R-87: a token that was not made here, even from a host that is trusted."""
    token = case.token(TokenPurpose.FEEDBACK, 2).encode()
    raw = case.report(2)
    for purpose in (TokenPurpose.VERP, TokenPurpose.MESSAGE_ID, TokenPurpose.UNSUBSCRIBE, TokenPurpose.FEEDBACK):
        raw = raw.replace(case.token(purpose, 2).encode(), secrets.token_hex(len(token) // 2).encode())
    before = _everything(case)
    mail = arrive(raw, desk("fbl"), peer=LOOP)
    assert (mail.delivery_id, mail.reading["how"], mail.desk) == (None, "mailing-id", DeskState.WAITING)
    assert mail.reading["forged"] > 0
    assert _everything(case) == before


def test_a_person_who_proves_himself_is_left_alone_by_everybody(case: SentCampaign, reporter: bytes) -> None:
    """R-79: through the abuse desk it holds on the whole platform."""
    key = key_ring().suppression_key(canonical_key("dora@provider.example"))
    readdress(case.reader(3).id, email="dora@provider.example", address_key=key)
    mail = arrive(signed(case.forward(3, sender="dora@provider.example"), reporter), desk())
    assert (mail.kind, mail.reading["proof"], mail.desk) == ("complaint", "dkim", DeskState.WAITING)
    assert case.suppressions(3) == [("complaint", False), ("complaint", True)]
    assert case.state(3) == "unsubscribed"


def test_a_person_without_a_proof_is_taken_off_all_lists(case: SentCampaign) -> None:
    """They hold the message, which is all its unsubscribe link requires; the complaint itself waits for the desk."""
    mail = arrive(case.forward(4), desk())
    assert (mail.reading["proof"], mail.desk) == ("none", DeskState.WAITING)
    assert case.suppressions(4) == [("unsubscribe", False)]
    assert (case.state(4), case.feedback(4)) == ("unsubscribed", ["unsubscribe"])


def test_two_accounts_are_enough_for_the_whole_platform(case: SentCampaign) -> None:
    """R-79: the same person complains through a loop of Anna, and then of Berta."""
    other = sent_campaign(people=16)
    email = case.reader(5).email
    with tenancy.account(other.anna.account_id):
        Delivery.objects.get(id=other.delivery_ids[5])
        readdress(other.reader(5).id, email=email, address_key=key_ring().suppression_key(canonical_key(email)))
    arrive(case.report(5), desk("fbl"), peer=LOOP)
    assert case.suppressions(5) == [("complaint", False)]
    arrive(other.report(5), desk("fbl"), peer=LOOP)
    assert case.suppressions(5) == [("complaint", False), ("complaint", False), ("complaint", True)]


@pytest.mark.parametrize(
    ("number", "word"), [(6, "Abmelden"), (7, "unsubscribe"), (8, "STOP"), (9, "bitte abbestellen")]
)
def test_the_exact_words_are_a_door(case: SentCampaign, number: int, word: str) -> None:
    """R-43: an answer that says it, to the address from which it came or to the desk."""
    to = case.bounce_address(number) if number % 2 else desk("postmaster")
    answer = f"<x.{case.token(TokenPurpose.MESSAGE_ID, number)}@lindenhof.example>"
    mail = arrive(plain(case.reader(number).email, to, "Re: Winter bulbs", word, In_Reply_To=answer), to)
    assert (mail.state, mail.kind, mail.desk) == (RawMailState.HANDLED, "unsubscribe", DeskState.NO)
    assert case.state(number) == "unsubscribed"
    assert case.feedback(number) == ["unsubscribe"]


def test_a_person_known_by_his_signature_needs_the_mailing_id_only(case: SentCampaign, reporter: bytes) -> None:
    """Typed into a sentence, with the usual slips."""
    email = f"emil{secrets.randbelow(10**15)}@provider.example"
    readdress(case.reader(10).id, email=email, address_key=key_ring().suppression_key(canonical_key(email)))
    typed = case.campaign.mailing_id.lower().replace("-", " ").replace("0", "o")
    raw = plain(email, desk(), "Abmelden", f"Ich möchte nichts mehr. Nummer {typed}")
    arrive(raw, desk())
    assert case.state(10) == "confirmed", "anybody can write somebody's address into From"
    mail = arrive(signed(raw, reporter), desk())
    assert mail.reading["how"] == "sender"
    assert case.state(10) == "unsubscribed"


@pytest.mark.parametrize("role", ["abuse", "postmaster"])
def test_the_exact_word_to_the_desk_is_a_door_for_whoever_proves_his_address(
    case: SentCampaign, reporter: bytes, role: str
) -> None:
    """R-43: they name no campaign, and leave all lists that have them; anyone can write their name into From."""
    number = 11 if role == "abuse" else 12
    email = f"frieda{secrets.randbelow(10**15)}@provider.example"
    readdress(case.reader(number).id, email=email, address_key=key_ring().suppression_key(canonical_key(email)))
    raw = plain(email, desk(role), "Abmelden", "Bitte abmelden")
    arrive(raw, desk(role))
    assert case.state(number) == "confirmed"
    mail = arrive(signed(raw, reporter), desk(role))
    assert (mail.state, mail.kind, mail.desk) == (RawMailState.HANDLED, "unsubscribe", DeskState.NO)
    assert case.state(number) == "unsubscribed"
    unknown = plain("nobody@provider.example", desk(role), "Abmelden", "Bitte abmelden")
    assert arrive(signed(unknown, reporter), desk(role)).desk == DeskState.WAITING, "a person reads it"


@pytest.mark.parametrize(
    ("subject", "fields", "state", "wanted"),
    [
        ("Cheap watches", {"List-Unsubscribe": "<https://spam.example/x>"}, RawMailState.APART, DeskState.NO),
        ("Cheap watches", {"X-Spam-Flag": "YES"}, RawMailState.APART, DeskState.NO),
        ("Your newsletter", {}, RawMailState.HANDLED, DeskState.WAITING),
        ("Automatic reply: away", {"Auto-Submitted": "auto-replied"}, RawMailState.HANDLED, DeskState.NO),
    ],
)
def test_mail_to_the_desk_is_sorted_and_never_dropped(
    case: SentCampaign, subject: str, fields: dict[str, str], state: str, wanted: str
) -> None:
    before = _everything(case)
    raw = plain("eve@spam.example", desk(), subject, "Hello", **fields)
    mail = arrive(raw, desk())
    assert (mail.state, mail.desk) == (state, wanted)
    assert bytes(mail.raw) == raw
    assert _everything(case) == before


def _everything(case: SentCampaign) -> list[object]:
    """What a report could have changed of the account."""
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        account = Account.objects.get(id=case.anna.account_id)
        people = [(case.suppressions(number), case.state(number)) for number in range(len(case.delivery_ids))]
        return [account.status, people, case.anna.again(case.campaign).state]
