"""Double opt-in from the sign-up to the subscription, through gate, engine and a real SMTP dialogue (R-25 to R-34).

R-39: people under 16 by the field of a form get onto no list: by the form, by hand, by the API.
"""

import hashlib
from datetime import timedelta

import pytest
from django.test import Client

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.actions.request_expiry import forget_old
from mailflatrate.apps.forms.actions.request_progress import token_hash
from mailflatrate.apps.forms.actions.sign_up import request_confirmation
from mailflatrate.apps.forms.errors import FormError
from mailflatrate.apps.forms.models import ConfirmationRequestKind, SignupDenial, SignupRequest
from mailflatrate.apps.gate.models import GateDecision
from mailflatrate.apps.lists.actions import consent
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.rules.contacts.suppression import SuppressionReason
from mailflatrate.rules.forms import FieldKind, FormField
from support.cast import per_module
from support.contact_files import readdress
from support.forms import BROWSER, DOMAIN, FormCustomer, customer_with_form, fresh_address
from support.scope import within

shared = per_module(customer_with_form)
"""The same for tests that look at people of their own only."""


def traces(lindenhof: FormCustomer, email: str) -> tuple[list[dict[str, object]], list[int], int]:
    """Every value of every row that an answer could change."""
    with tenancy.account(lindenhof.account_id):
        rows = list(SignupRequest.objects.filter(email=email).values())
        return rows, [event.id for event in lindenhof.events(email)], SignupDenial.objects.count()


def test_the_whole_way_and_everything_the_ledger_keeps(shared: FormCustomer) -> None:
    """R-29: sign-up, mail and confirmation, each with every element."""
    dora = fresh_address()
    before = clock.now()
    mail = shared.asked(dora, headers={"X-Forwarded-For": "203.0.113.9"})
    assert shared.state(dora) == "pending"
    page = Client().get(mail.confirm_path).content.decode()
    assert dora in page
    assert "Neues aus der Gärtnerei" in page or "news and offers" in page
    assert shared.state(dora) == "pending", "a GET confirms nothing (R-33)"
    assert "You are signed up" in shared.confirm(mail)
    assert shared.state(dora) == "confirmed"

    requested, sent, confirmed = shared.events(dora)
    (request,) = shared.requests(dora)
    version = request.version
    assert version is not None
    assert [requested.kind, sent.kind, confirmed.kind] == ["requested", "confirmation_sent", "confirmed"]
    for event in (requested, confirmed):
        details = event.evidence.details
        assert before < event.evidence.signup_at < event.recorded_at
        assert event.evidence.signup_ip == "127.0.0.1", "nobody believes a header from a stranger"
        assert details["form_sha256"] == version.sha256
        assert details["form_version"] == 1
        assert details["wording"].startswith("Yes, Lindenhof GmbH may send me news and offers about plants")
        assert details["ticked"] == ["consent"]
        assert details["page"] == "https://lindenhof.example/news", "without the query"
        assert details["language"] == "en"
        assert event.evidence.source.endswith(shared.url)
    assert requested.evidence.user_agent == BROWSER
    letter = mail.received.content
    assert sent.evidence.details["message_id"] == mail.message["Message-ID"]
    assert sent.evidence.details["body_sha256"] == hashlib.sha256(letter.partition(b"\r\n\r\n")[2]).hexdigest()
    assert sent.evidence.details["reply"].startswith("250 ")
    assert sent.evidence.details["sent_at"]
    assert confirmed.evidence.user_agent == "Browser of Dora"
    assert confirmed.evidence.confirmed_ip == "127.0.0.1"
    assert confirmed.evidence.confirmed_at == confirmed.occurred_at
    token = mail.confirm_path.rpartition("/")[2]
    assert confirmed.evidence.details["token"] == token_hash(token).hex()[:32]


def test_the_mail_is_frozen_plain_and_marked_as_automatic(shared: FormCustomer) -> None:
    """R-31, R-32: who, which list, when, where, the wording, one link, the imprint; nothing else."""
    dora = fresh_address()
    mail = shared.asked(dora)
    message = mail.message
    assert message["Auto-Submitted"] == "auto-generated"
    for campaign_only in ("List-Unsubscribe", "List-Id", "Precedence", "Feedback-ID", "X-Mailing-ID"):
        assert message[campaign_only] is None
    assert "news@lindenhof.example" in str(message["From"])
    assert message["DKIM-Signature"] is not None
    assert str(message["Subject"]) == "Confirm your subscription: News from Lindenhof"
    for kind in ("plain", "html"):
        text = " ".join(mail.part(kind).split())
        for due in (dora, "News from Lindenhof", "Lindenhof GmbH", "lindenhof.example", "may send me news and offers",
                    "If it was not you", "Amtsgericht Kiel", "HRB 1234"):  # fmt: skip
            assert due in text, (kind, due)
    html = mail.part("html")
    assert html.count("href=") == 2, "the confirmation and the privacy page"
    assert "<img" not in html
    assert "/c/" not in html
    assert mail.received.sender.startswith("b+")


def test_the_token_is_random_kept_as_a_hash_and_serves_once(shared: FormCustomer) -> None:
    """R-33, R-34."""
    dora, emil = fresh_address(), fresh_address("emil")
    mail, other = shared.asked(dora), shared.asked(emil)
    token = mail.confirm_path.rpartition("/")[2]
    assert len(token) >= 22, "128 bits in base64"
    with tenancy.account(shared.account_id):
        rows = list(Delivery.objects.filter(confirmation_id__isnull=False).values())
    assert token not in str([vars(row) for row in shared.requests(dora)])
    assert token not in str(rows)
    assert Client().post(f"/confirm/{token[:-1]}A", {"answer": "yes"}).status_code in (303, 404)
    shared.confirm(mail)
    confirmed = len(shared.events(dora))
    shared.confirm(mail)
    assert "This wasn" not in shared.confirm(mail, "no")
    assert len(shared.events(dora)) == confirmed, "a second answer of either kind changes nothing"
    assert shared.state(emil) == "pending"
    with clock.frozen_at(clock.now() + timedelta(days=7, seconds=1)):
        assert "no longer valid" in shared.confirm(other)
    assert shared.state(emil) == "pending"


def test_a_scanner_that_follows_every_link_changes_nothing(shared: FormCustomer) -> None:
    """Acceptance 4, for the confirmation mail: GET and HEAD of every link, from several machines."""
    dora = fresh_address()
    mail = shared.asked(dora)
    before = traces(shared, dora)
    for agent in ("Defender", "curl/8"):
        for method in ("get", "head", "options"):
            answer = getattr(Client(), method)(mail.confirm_path, headers={"User-Agent": agent})
            assert answer.status_code in (200, 405)
            assert not answer.cookies
    Client().post(mail.confirm_path)  # without saying which button
    assert traces(shared, dora) == before
    assert shared.state(dora) == "pending"


def test_this_was_not_me(lindenhof: FormCustomer) -> None:
    """It cancels, is recorded for the abuse desk, and the person is not asked again."""
    dora = fresh_address()
    mail = lindenhof.asked(dora)
    assert "receive anything from" in lindenhof.confirm(mail, "no")
    assert lindenhof.state(dora) == ""
    with tenancy.account(lindenhof.account_id):
        denial = SignupDenial.objects.get()
        assert denial.requested_user_agent == BROWSER
        assert denial.denied_user_agent == "Browser of Dora"
        assert denial.form_id == lindenhof.form_id
    assert [event.kind for event in lindenhof.events(dora)] == ["requested", "confirmation_sent", "objection"]
    lindenhof.sign_up(dora)
    assert lindenhof.send() == []
    assert lindenhof.requests(dora)[-1].reason == "request-undenied"


def test_repeated_sign_ups_do_not_multiply_mails(lindenhof: FormCustomer) -> None:
    """One mail an address and list within a day; whatever the spelling of the address."""
    dora = fresh_address()
    lindenhof.sign_up(dora)
    lindenhof.sign_up(dora.upper())
    assert len(lindenhof.send()) == 1
    for _again in range(3):
        lindenhof.sign_up(dora)
    assert lindenhof.send() == []
    with clock.frozen_at(clock.now() + timedelta(hours=25)):
        lindenhof.sign_up(dora)
        (second,) = lindenhof.send()
    first, last = lindenhof.requests(dora)
    assert (first.state, last.state) == ("replaced", "asked")
    lindenhof.confirm(second)
    assert lindenhof.state(dora) == "confirmed"


@pytest.mark.slow
def test_the_cap_across_all_customers_holds(lindenhof: FormCustomer) -> None:
    """R-35: at most five confirmation mails a day to one mailbox, whatever its tags."""
    victim = fresh_address("victim")
    local = victim.partition("@")[0]
    places = [lindenhof, customer_with_form()]
    mails = []
    for number in range(8):
        each = places[number % 2]
        each.sign_up(f"{local}+{number}@{DOMAIN}")
        mails += each.send()
    assert len(mails) == 5
    held = lindenhof.requests(f"{local}+6@{DOMAIN}")[0]
    assert (held.state, held.reason) == ("withheld", "sign-up-bombing")
    with tenancy.account(lindenhof.account_id):
        decision = GateDecision.objects.filter(chain="confirmation", allowed=False).get()
        assert "sign-up-bombing" in [item["key"] for item in decision.findings if not item["passed"]]
        assert not Contact.objects.filter(email=held.email).exists(), "nobody becomes a contact by being a victim"


@pytest.mark.slow
@pytest.mark.parametrize(
    "reason",
    [SuppressionReason.COMPLAINT, SuppressionReason.OBJECTION, SuppressionReason.HARD_BOUNCE, SuppressionReason.ERASED],
)
def test_who_must_not_be_written_to_gets_no_mail_and_nobody_learns_of_it(
    shared: FormCustomer, reason: SuppressionReason
) -> None:
    """R-79, and no oracle: everyone gets the same answer."""
    dora, stranger = fresh_address(), fresh_address("stranger")
    with tenancy.account(shared.account_id):
        suppression.suppress(key_ring().suppression_key(dora), reason=reason, source="test", evidence={})
    first, second = shared.post(dora), shared.post(stranger)
    assert (first.status_code, first.content, first.headers["Location"]) == (
        second.status_code,
        second.content,
        second.headers["Location"],
    )
    assert [mail.received.recipient for mail in shared.send()] == [stranger]
    assert shared.requests(dora)[0].reason == "confirmation-allowed"


def test_whoever_left_may_come_back_by_this_way_alone(lindenhof: FormCustomer) -> None:
    """R-16, R-75: the new confirmation lifts the unsubscribe."""
    dora = fresh_address()
    lindenhof.confirm(lindenhof.asked(dora))
    with tenancy.account(lindenhof.account_id):
        contact = Contact.objects.get(email=dora)
        consent.unsubscribe(contact.id, list_id=None, by="link", source="test")
        assert is_suppressed(bytes(contact.address_key))
    assert lindenhof.state(dora) == "unsubscribed"
    with clock.frozen_at(clock.now() + timedelta(hours=1)):
        mail = lindenhof.asked(dora)
        assert lindenhof.state(dora) == "unsubscribed", "asking changes nothing"
        lindenhof.confirm(mail)
    assert lindenhof.state(dora) == "confirmed"
    assert not within(lindenhof, is_suppressed, bytes(contact.address_key))


@pytest.mark.slow
@pytest.mark.parametrize("kind", [ConfirmationRequestKind.API, ConfirmationRequestKind.PERSON])
def test_person_who_left_lately_is_asked_only_by_their_own_sign_up(
    lindenhof: FormCustomer, kind: ConfirmationRequestKind
) -> None:
    """For a season, whichever list they left, however a program spells the mailbox."""
    dora, emil = fresh_address(), fresh_address()
    for email, days in ((dora, 1), (emil, 91)):
        lindenhof.confirm(lindenhof.asked(email))
        left_at = clock.now() - timedelta(days=days)
        with tenancy.account(lindenhof.account_id), clock.frozen_at(left_at):
            leaver = Contact.objects.get(email=email)
            consent.unsubscribe(leaver.id, list_id=lindenhof.anna.list_id, by="link", source="test")

    def ask(email: str) -> str:
        within(lindenhof, request_confirmation, lindenhof.form_id, email, kind=kind, note="asked by phone", by=None)
        sent = lindenhof.send()
        return "asked" if sent else lindenhof.requests(email)[-1].reason

    with clock.frozen_at(clock.now() + timedelta(days=2)):
        assert ask(dora) == "request-after-no"
        assert ask(dora.replace("@", "+again@")) == "request-after-no"
        assert ask(fresh_address()) == "asked"
    with clock.frozen_at(clock.now() + timedelta(days=4)):
        lindenhof.asked(dora)
        assert ask(emil) == "asked"


def test_a_sign_up_does_not_touch_a_known_persons_data(lindenhof: FormCustomer) -> None:
    """Anybody can type an address; names that are known stay."""
    with tenancy.account(lindenhof.account_id):
        known = Contact.objects.order_by("id").first()
        assert known is not None
    email = f"known{known.id}@{DOMAIN}"
    readdress(known.id, email=email, first_name="Frieda", address_key=key_ring().suppression_key(email))
    mail = lindenhof.asked(f"known{known.id}@{DOMAIN}")
    lindenhof.confirm(mail)
    with tenancy.account(lindenhof.account_id):
        assert Contact.objects.get(id=known.id).first_name == "Frieda"


@pytest.mark.slow
def test_what_nobody_confirmed_is_erased_after_two_weeks(lindenhof: FormCustomer) -> None:
    """R-34: person, request and the ledger's personal half; the events stay."""
    dora, emil = fresh_address(), fresh_address("emil")
    lindenhof.asked(dora)
    lindenhof.confirm(lindenhof.asked(emil))
    kept = len(lindenhof.events(emil))
    with tenancy.account(lindenhof.account_id):
        contact_id = Contact.objects.get(email=dora).id
    with clock.frozen_at(clock.now() + timedelta(days=13, hours=23)):
        forget_old()
    assert len(lindenhof.requests(dora)) == 1
    with clock.frozen_at(clock.now() + timedelta(days=14, seconds=1)):
        forget_old()
    assert lindenhof.requests(dora) == lindenhof.events(dora) == []
    assert len(lindenhof.events(emil)) == kept
    assert lindenhof.state(emil) == "confirmed"
    with tenancy.account(lindenhof.account_id):
        assert not Contact.objects.filter(id=contact_id).exists()
        kinds = ConsentEvent.objects.filter(contact_id=contact_id).order_by("id").values_list("kind", flat=True)
        assert list(kinds) == ["requested", "confirmation_sent", "expired"]


def ask(lindenhof: FormCustomer, email: str, born: str) -> None:
    with tenancy.account(lindenhof.account_id):
        sign_up.request_confirmation(
            lindenhof.form_id,
            email,
            kind=ConfirmationRequestKind.API,
            note="asked in the shop",
            by=None,
            values={"tag": born},
        )


def test_a_form_that_asks_for_the_date_of_birth_takes_no_minors() -> None:
    labels = {"de": "Geburtstag", "en": "Birthday"}
    lindenhof = customer_with_form(fields=(FormField("tag", FieldKind.TEXT, labels),))
    today = clock.now().date()
    sixteen = today.replace(year=today.year - 16)  # 29 February 16 years ago was a leap day, too
    young, old = (sixteen + timedelta(days=1)).strftime("%d.%m.%Y"), sixteen.strftime("%d.%m.%Y")
    child, grown = fresh_address("kind"), fresh_address("dora")
    answer = lindenhof.post(child, tag=young)
    assert answer.status_code == 422
    assert "at least 16 years" in answer.content.decode()
    assert lindenhof.requests(child) == []
    with pytest.raises(FormError, match="16"):
        ask(lindenhof, child, young)
    assert lindenhof.requests(child) == []
    lindenhof.sign_up(grown, tag=old)
    assert len(lindenhof.requests(grown)) == 1
    ask(lindenhof, fresh_address(), "")
