"""A mailbox that said no isn't asked or imported under another spelling; a subscription that one confirmed stays."""

import io
import itertools

import pytest

from mailflatrate.apps.forms.actions import sign_up
from mailflatrate.apps.forms.models import ConfirmationRequestKind
from mailflatrate.apps.intake.actions.suppression_files import suppress_file
from mailflatrate.apps.intake.suppression_files.runner import run_suppression_file
from mailflatrate.apps.lists.actions.consent import object_to_mail, unsubscribe
from mailflatrate.apps.lists.actions.lists import create_list
from mailflatrate.apps.lists.models import ConsentKind, Contact, Subscription, SubscriptionState
from mailflatrate.apps.privacy.actions.erasure import erase_person
from mailflatrate.apps.suppression import actions as suppression
from mailflatrate.apps.suppression.queries import is_suppressed, refused_mailboxes
from mailflatrate.base import audit, tenancy
from mailflatrate.base.ids import mailbox_keys
from mailflatrate.mail import address
from mailflatrate.mail.address import canonical_key, mailbox_forms
from mailflatrate.rules.contacts.suppression import SuppressionReason
from support.contact_files import HEADER, line
from support.customers import customer_with_list
from support.forms import DOMAIN, FormCustomer, customer_with_form
from support.origins import approve_origin

pytestmark = pytest.mark.usefixtures("database")
NUMBERS = itertools.count(1)
PAIRS = (
    (f"anna.k{{n}}@{DOMAIN}", f"annak{{n}}@{DOMAIN}"),
    (f"annak{{n}}@{DOMAIN}", f"a.nnak{{n}}+news@{DOMAIN}"),
    (f"anna.k{{n}}+a@{DOMAIN}", f"anna.k{{n}}+b@{DOMAIN}"),
    (f"anna{{n}}+a@{DOMAIN}", f"anna{{n}}@{DOMAIN}"),
    (f"anna{{n}}+a@{DOMAIN}", f"anna{{n}}+b@{DOMAIN}"),
    (f"anna{{n}}@{DOMAIN}", f"anna{{n}}+b@{DOMAIN}"),
)


@pytest.fixture(autouse=True)
def _dots_mean_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a domain that our tests can look up, as at Gmail."""
    monkeypatch.setitem(address._SAME_MAILBOX, DOMAIN, (DOMAIN, "."))


@pytest.mark.parametrize(
    ("given", "mailbox"),
    [
        ("a.b+c@gmail.com", "ab@gmail.com"),
        ("A.B@googlemail.com", "ab@gmail.com"),
        ("a.b+c@kunde.de", "a.b@kunde.de"),
        ("a_b.c-d@pm.me", "abcd@proton.me"),
        ("anna@mac.com", "anna@icloud.com"),
        ("+x@kunde.de", "+x@kunde.de"),
    ],
)
def test_the_mailbox_of_a_spelling(given: str, mailbox: str) -> None:
    forms = mailbox_forms(canonical_key(given))
    assert (forms.exact, forms.mailbox) == (canonical_key(given), mailbox)
    assert mailbox_forms(forms.mailbox).mailbox == mailbox


def ask(here: FormCustomer, email: str) -> str:
    with tenancy.account(here.account_id):
        sign_up.request_confirmation(
            here.form_id, email, kind=ConfirmationRequestKind.PERSON, note="by phone", by=here.anna.owner
        )
    here.send()
    (request,) = here.requests(email)
    return str(request.state)


@pytest.mark.parametrize("pair", PAIRS)
def test_an_ask_finds_the_no_of_another_spelling(pair: tuple[str, str]) -> None:
    here, number = customer_with_form(), next(NUMBERS)
    said_no, asked = (each.format(n=number) for each in pair)
    with tenancy.account(here.account_id):
        keys = suppression.address_keys(said_no)
        suppression.suppress_by_hand(keys.exact, source="test", by=here.anna.owner, mailbox_key=keys.mailbox)
    assert ask(here, asked) == "withheld"


def test_people_who_ask_themselves_are_asked_at_another_spelling() -> None:
    here, number = customer_with_form(), next(NUMBERS)
    with tenancy.account(here.account_id):
        keys = suppression.address_keys(f"wilma{number}+a@{DOMAIN}")
        suppression.suppress_by_hand(keys.exact, source="test", by=here.anna.owner, mailbox_key=keys.mailbox)
    here.asked(f"wilma{number}@{DOMAIN}")


@pytest.mark.parametrize("pair", PAIRS[3:])
def test_an_ask_finds_this_was_not_me_of_another_spelling(pair: tuple[str, str]) -> None:
    here, number = customer_with_form(), next(NUMBERS)
    denied, asked = (each.format(n=number) for each in pair)
    here.confirm(here.asked(denied), answer="no")
    assert ask(here, asked) == "withheld"


@pytest.mark.parametrize("pair", PAIRS)
def test_an_import_finds_the_no_of_another_spelling(pair: tuple[str, str]) -> None:
    anna, number = customer_with_list("Anna"), next(NUMBERS)
    said_no, brought = (each.format(n=number) for each in pair)
    with tenancy.account(anna.account_id):
        keys = suppression.address_keys(said_no)
        suppression.suppress(
            keys.exact, reason=SuppressionReason.MANUAL, source="test", evidence={}, mailbox_key=keys.mailbox
        )
    done = anna.bring("\n".join([HEADER, line(brought), line(f"wilma{number}@{DOMAIN}")]))
    assert done.refused == {"suppressed": 1}, done.refused


@pytest.mark.parametrize("pair", PAIRS)
def test_an_import_finds_that_another_spelling_left_a_list(pair: tuple[str, str]) -> None:
    """Leaving one list by a link suppresses nothing, so only the ledger has that no."""
    anna, number = customer_with_list("Anna"), next(NUMBERS)
    left, brought = (each.format(n=number) for each in pair)
    anna.bring("\n".join([HEADER, line(left)]))
    with tenancy.account(anna.account_id):
        unsubscribe(Contact.objects.get(email=left).id, list_id=anna.list_id, by="link", source="page")
        other = create_list("Offers").id
    approve_origin(anna.account_id, other)
    anna.bring("\n".join([HEADER, line(brought), line(f"wilma{number}@{DOMAIN}")]), list_id=other)
    with tenancy.account(anna.account_id):
        mailable = Subscription.objects.filter(mailing_list_id=other, state=SubscriptionState.CONFIRMED)
        assert set(mailable.values_list("contact__email", flat=True)) == {f"wilma{number}@{DOMAIN}"}


@pytest.mark.parametrize("pair", PAIRS)
def test_an_import_finds_that_another_spelling_was_erased(pair: tuple[str, str]) -> None:
    """With the contact goes what the ledger knew of its address, so the suppression has to know the mailbox."""
    anna, number = customer_with_list("Anna"), next(NUMBERS)
    erased, brought = (each.format(n=number) for each in pair)
    anna.bring("\n".join([HEADER, line(erased)]))
    with tenancy.account(anna.account_id):
        person = Contact.objects.get(email=erased).id
        unsubscribe(person, list_id=anna.list_id, by="link", source="page")
        erase_person(person, by=audit.machine("test"), source="test")
    done = anna.bring("\n".join([HEADER, line(brought), line(f"wilma{number}@{DOMAIN}")]))
    assert done.refused == {"suppressed": 1}, done.refused


@pytest.mark.parametrize("pair", [*PAIRS, ("anna{n}@" + DOMAIN, "anna{n}@" + DOMAIN)])
def test_an_import_finds_a_no_whose_retention_ended(pair: tuple[str, str]) -> None:
    anna, number = customer_with_list("Anna"), next(NUMBERS)
    left, brought = (each.format(n=number) for each in pair)
    anna.bring("\n".join([HEADER, line(left), line(f"otto{number}@{DOMAIN}")]))
    with tenancy.account(anna.account_id):
        person = Contact.objects.get(email=left).id
        unsubscribe(person, list_id=anna.list_id, by="link", source="page")
        for contact_id in (person, Contact.objects.get(email=f"otto{number}@{DOMAIN}").id):
            erase_person(contact_id, by=audit.machine("test"), source="test", kind=ConsentKind.EXPIRED)
    done = anna.bring("\n".join([HEADER, line(brought), line(f"otto{number}@{DOMAIN}")]))
    assert (done.accepted, done.refused) == (1, {"suppressed": 1})


@pytest.mark.parametrize("pair", PAIRS)
def test_an_import_finds_another_spelling_in_a_file_of_suppressions(pair: tuple[str, str]) -> None:
    anna, number = customer_with_list("Anna").with_owner("Anna"), next(NUMBERS)
    blocked, brought = (each.format(n=number) for each in pair)
    file = io.BytesIO(f"email\n{blocked}\n".encode())
    with tenancy.account(anna.account_id):
        job = suppress_file(file, "blocked.csv", reason=SuppressionReason.MANUAL, by=anna.owner)
    run_suppression_file(anna.account_id, job.id)
    done = anna.bring("\n".join([HEADER, line(brought), line(f"wilma{number}@{DOMAIN}")]))
    assert done.refused == {"suppressed": 1}, done.refused


@pytest.mark.parametrize("pair", PAIRS)
def test_an_ask_finds_that_another_spelling_left_a_list(pair: tuple[str, str]) -> None:
    here, number = customer_with_form(), next(NUMBERS)
    left, asked = (each.format(n=number) for each in pair)
    here.confirm(here.asked(left))
    with tenancy.account(here.account_id):
        unsubscribe(Contact.objects.get(email=left).id, list_id=here.anna.list_id, by="link", source="page")
    assert ask(here, asked) == "withheld"


@pytest.mark.parametrize("pair", PAIRS)
def test_what_another_spelling_confirmed_itself_stays(pair: tuple[str, str]) -> None:
    here, number = customer_with_form(), next(NUMBERS)
    left, stays = (each.format(n=number) for each in pair)
    with tenancy.account(here.account_id):
        contacts = [Contact.objects.create(email=each, address_key=mailbox_keys(each).exact) for each in (left, stays)]
        object_to_mail(contacts[0].id, source="test")
        keys = mailbox_keys(stays)
        assert not is_suppressed(keys.exact), "its own subscription is mailed until it says no"
        assert refused_mailboxes([keys.mailbox]) >= {keys.mailbox}, "it isn't asked or imported anew"
