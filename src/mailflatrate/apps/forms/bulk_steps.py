"""The bulk action that asks many contacts to confirm (R-35)."""

from collections.abc import Container, Sequence

from mailflatrate.apps.accounts.models import ApiKey
from mailflatrate.apps.forms.actions.sign_up import request_confirmation
from mailflatrate.apps.forms.errors import AskingBraked, FormError
from mailflatrate.apps.forms.models import ConfirmationRequestKind, Form
from mailflatrate.apps.lists.models import Contact, Subscription, SubscriptionState
from mailflatrate.apps.segments.bulk.steps import BulkStep, register_steps
from mailflatrate.apps.segments.models import BulkAction, BulkKind
from mailflatrate.apps.suppression import queries as suppression
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import UnlimitedReason

SAID_NO = "said_no"
CONFIRMED = "confirmed"
LIMIT = "limit"
NOT_ASKED = "not_asked"
ASKED_AT_ONCE = 50
"""Until a step ends, nobody else in the account can ask anyone."""


def ask_again(action: BulkAction, ids: Sequence[int]) -> BulkStep:
    """Stops at today's limit of the account, or of the key that asks; the action ends with that key."""
    step = BulkStep()
    form = Form.objects.filter(id=action.parameters["form"]).first()
    key_id = action.parameters.get("key")
    key = ApiKey.objects.filter(id=key_id).first() if key_id else None
    if form is None or (key_id and (key is None or not key.is_valid or not key.may_ask_for(form.id))):
        step.stopped = NOT_ASKED
        step.skipped[NOT_ASKED] = len(ids)
        return step
    people = Contact.objects.in_bulk(list(ids))
    states = dict(
        Subscription.objects.filter(contact_id__in=ids, mailing_list_id=form.mailing_list_id).values_list(
            "contact_id", "state"
        )
    )
    suppressed = suppression.strongest_of([bytes(contact.address_key) for contact in people.values()])
    ask = tenancy.unlimited(UnlimitedReason.REQUEST)(request_confirmation)
    kind, note, here = ConfirmationRequestKind.PERSON, _note(action), f"bulk action {action.id}"
    for place, contact_id in enumerate(ids):
        contact = people.get(contact_id)
        reason = _unasked(contact, states.get(contact_id, ""), suppressed)
        if reason or contact is None:
            step.skipped[reason] += 1
            continue
        try:
            ask(form.id, contact.email, kind=kind, note=note, by=action.created_by, key=key, entered_on=here)
        except AskingBraked:
            step.skipped[LIMIT] += len(ids) - place
            step.stopped = LIMIT
            return step
        except FormError:
            step.skipped[NOT_ASKED] += 1
        else:
            step.changed[contact_id] = None
            if len(step.changed) >= ASKED_AT_ONCE:
                step.taken = place + 1
                break
    return step


def _unasked(contact: Contact | None, state: str, suppressed: Container[bytes]) -> str:
    if contact is None:
        return NOT_ASKED
    if state == SubscriptionState.UNSUBSCRIBED or bytes(contact.address_key) in suppressed:
        return SAID_NO
    return CONFIRMED if state == SubscriptionState.CONFIRMED else ""


def _note(action: BulkAction) -> str:
    return f"{action.parameters.get('note') or 'asked again'} (bulk action {action.id})"


register_steps(BulkKind.ASK_AGAIN, ask_again, size=500)
