"""A mailbox that must not be asked can't be reached by a +tag, and a forged form of preferences changes nothing."""

import pytest
from django.test import Client

from mailflatrate.apps.delivery.models import Delivery
from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.mail.address import canonical_key, without_tag
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.api import program_of, visitor
from support.contact_files import HEADER
from support.customers import customer_with_list
from support.forms import DOMAIN, FormCustomer, customer_with_form, fresh_address

pytestmark = pytest.mark.usefixtures("database")
FOR_GOOD = (
    SuppressionReason.COMPLAINT,
    SuppressionReason.OBJECTION,
    SuppressionReason.ERASED,
    SuppressionReason.MANUAL,
)


def key_of(email: str) -> bytes:
    return key_ring().suppression_key(canonical_key(email))


def tagged(email: str, tag: str = "news") -> str:
    return email.replace("@", f"+{tag}@")


@pytest.mark.parametrize(
    ("given", "mailbox"),
    [
        ("x+tag@kunde.de", "x@kunde.de"),
        ("x+a+b@kunde.de", "x@kunde.de"),
        ("x+@kunde.de", "x@kunde.de"),
        ("x@kunde.de", ""),
        ("+x@kunde.de", ""),
    ],
)
def test_the_mailbox_behind_a_tag(given: str, mailbox: str) -> None:
    assert without_tag(canonical_key(given)) == mailbox


def test_a_tag_of_a_suppressed_mailbox_is_withheld_in_silence() -> None:
    here = customer_with_form()
    for reason in FOR_GOOD:
        dora = fresh_address()
        with tenancy.account(here.account_id):
            suppression.suppress(key_of(dora), reason=reason, source="test", evidence={})
        here.sign_up(tagged(dora))
        assert here.send() == [], reason
        (request,) = here.requests(tagged(dora))
        assert request.state == "withheld"


def test_by_key_by_hand_and_for_the_whole_platform() -> None:
    here = customer_with_form()
    dora, erik = fresh_address(), fresh_address("erik")
    suppression.suppress_everywhere(key_of(dora), reason=SuppressionReason.OBJECTION, source="test", evidence={})
    with tenancy.account(here.account_id):
        suppression.suppress(key_of(erik), reason=SuppressionReason.COMPLAINT, source="test", evidence={})
    asked = {"form_id": here.form_id, "email": tagged(dora), "note": "signed up at checkout", "visitor": visitor()}
    assert program_of(here.anna).call("POST", "/confirmation-requests", asked).status_code == 202
    with tenancy.account(here.account_id):
        sign_up.request_confirmation(
            here.form_id,
            tagged(erik),
            kind=ConfirmationRequestKind.PERSON,
            note="at our stall",
            by=here.anna.owner,
            values={},
        )
    assert here.send() == []


def test_not_me_holds_for_the_tags() -> None:
    here, dora = customer_with_form(), fresh_address()
    here.confirm(here.asked(dora), "no")
    here.sign_up(tagged(dora))
    assert here.send() == []


def test_other_mailboxes_and_those_that_may_come_back_are_asked() -> None:
    """A tag that said no is not the mailbox; who unsubscribed may sign up again."""
    here = customer_with_form()
    dora, erik = fresh_address(), fresh_address("erik")
    with tenancy.account(here.account_id):
        suppression.suppress(key_of(tagged(dora)), reason=SuppressionReason.COMPLAINT, source="test", evidence={})
        suppression.suppress(key_of(erik), reason=SuppressionReason.UNSUBSCRIBE, source="test", evidence={})
    for email in (dora, tagged(erik), tagged(fresh_address("frida"))):
        here.asked(email)
    here.sign_up(tagged(dora))
    assert here.send() == []


def test_an_import_refuses_tags_of_suppressed_mailboxes() -> None:
    anna = customer_with_list("Anna")
    dora, erik = f"tag-dora@{DOMAIN}", f"tag-erik@{DOMAIN}"
    with tenancy.account(anna.account_id):
        suppression.suppress(key_of(dora), reason=SuppressionReason.UNSUBSCRIBE, source="test", evidence={})
    suppression.suppress_everywhere(key_of(erik), reason=SuppressionReason.COMPLAINT, source="test", evidence={})
    day = clock.now().date().replace(day=1).isoformat()
    rows = [
        f"{email};Dora;Klein;{day}T00:00:00+01:00;203.0.113.9;{day}T00:05:00+01:00;https://anna.example/news;Kiel"
        for email in (tagged(dora), tagged(erik, "a+b"), tagged(f"tag-frida@{DOMAIN}"))
    ]
    done = anna.bring("\n".join([HEADER, *rows]))
    assert (done.accepted, done.refused) == (1, {"suppressed": 2})


@pytest.fixture(scope="module")
def subscribed(database: str) -> tuple[FormCustomer, str, str]:
    """A subscriber on a list, and the link to her preferences from a forwarded message."""
    assert database
    here, dora = customer_with_form(), fresh_address()
    here.confirm(here.asked(dora))
    with tenancy.account(here.account_id):
        delivery = Delivery.objects.get(contact__email=dora, confirmation_id__isnull=False)
    return here, dora, f"/p/{key_ring().seal(TokenPurpose.PREFERENCES, here.account_id, delivery.id)}"


WRONG: list[dict[str, object]] = [
    {}, {"act": "save"}, {"act": "track"}, {"act": ""}, {"act": "SAVE"}, {"act": "save", "keep": "999999999"},
    {"act": "save", "keep": "x", "language": "en", "pause": ""}, {"act": "save", "language": "xx", "pause": ""},
    {"act": "save", "language": "en", "pause": "year"}, {"language": "en", "pause": "", "keep": ["1", "\0"]},
    {"act": "track", "language": "en", "pause": "", "keep": ""}, {"act": ["leave", "save"]},
]  # fmt: skip


@pytest.mark.parametrize("form", WRONG, ids=str)
def test_a_wrong_form_changes_nothing_and_says_so(
    subscribed: tuple[FormCustomer, str, str], form: dict[str, object]
) -> None:
    here, dora, url = subscribed
    before = len(here.events(dora))
    answer = Client(enforce_csrf_checks=True).post(url, form, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.content.decode() or "Nichts wurde geändert" in answer.content.decode()
    assert here.state(dora) == "confirmed"
    assert len(here.events(dora)) == before
