"""The demonstration's welcome series: made from the recipe, released, reviewed, and begun by people who confirm."""

import re
from collections.abc import Callable
from email import message_from_bytes, policy
from functools import partial
from typing import Any

from mailflatrate.apps.accounts.actions.agreements import Circumstances
from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.automations.actions import drafts, release
from mailflatrate.apps.automations.actions.from_recipe import create_from_recipe
from mailflatrate.apps.automations.graphs import version_hash
from mailflatrate.apps.automations.queries import versions_of
from mailflatrate.apps.automations.recipes import RecipeChoices, find_recipe
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.forms.actions import confirm_or_deny
from mailflatrate.apps.forms.actions.sign_up import request_confirmation
from mailflatrate.apps.forms.models import ConfirmationRequestKind, Form
from mailflatrate.apps.gate.reviews import review_campaign
from mailflatrate.base import tenancy

NAME = "Willkommen"
PEOPLE = (
    ("jule.arndt@brief.example", "Jule"),
    ("mats.brodersen@post.example", "Mats"),
    ("ida.claasen@mailbox.example", "Ida"),
    ("tjark.detlefs@wolke.example", "Tjark"),
    ("nora.ehlers@garten.test", ""),
    ("piet.friedrichsen@fach.test", "Piet"),
)
NOTE = "Hat sich am Stand auf dem Wochenmarkt eingetragen."
_CONFIRM = re.compile(r"/confirm/([A-Za-z0-9_-]+)")

Wait = Callable[[Callable[[], Any], str], Any]
Received = Callable[[str], bytes | None]


def ask_people(account_id: int, form_code: str, anna: User) -> None:
    with tenancy.account(account_id):
        form_id = Form.objects.get(code=form_code).id
        for email, first_name in PEOPLE:
            values = {"first_name": first_name} if first_name else {}
            kind = ConfirmationRequestKind.PERSON
            request_confirmation(form_id, email, kind=kind, note=NOTE, by=anna, values=values)


def begin_series(account_id: int, form_code: str, anna: User, operator: User, *, wait: Wait) -> int:
    with tenancy.account(account_id):
        form = Form.objects.get(code=form_code)
        recipe, choices = find_recipe("welcome"), RecipeChoices(form=form.id)
        automation_id = create_from_recipe(recipe, NAME, form.mailing_list_id, by=anna, choices=choices).id
        fingerprint = version_hash(drafts.draft_of(automation_id))
        where = Circumstances(ip="127.0.0.1", user_agent="demonstration")
        result = release.activate(automation_id, by=anna, shown_hash=fingerprint, where=where)
        if not result.released:
            raise RuntimeError(f"the welcome series can't be released: {result.problems} {dict(result.verdicts)}")
    _review(account_id, automation_id, operator)
    wait(partial(_begun, account_id, automation_id), "the release of the welcome series")
    return automation_id


def _review(account_id: int, automation_id: int, operator: User) -> None:
    with tenancy.account(account_id):
        waiting = Campaign.objects.filter(automation_id=automation_id, state=CampaignState.REVIEW)
        fingerprints = {campaign.id: content_hash(campaign, newest_imprint()) for campaign in waiting}
    for campaign_id, shown_hash in fingerprints.items():
        review_campaign(account_id, campaign_id, approved=True, by=operator, shown_hash=shown_hash)


def _begun(account_id: int, automation_id: int) -> bool:
    with tenancy.account(account_id):
        release.complete_release(automation_id)
        return versions_of(automation_id).current is not None


def confirm_people(account_id: int, *, wait: Wait, received: Received) -> None:
    for email, _first_name in PEOPLE:
        mail = wait(partial(received, email), f"the confirmation email to {email}")
        text = message_from_bytes(mail, policy=policy.default).get_body(("plain",))
        link = _CONFIRM.search(text.get_content() if text else "")
        request = confirm_or_deny.find_request(link[1]) if link else None
        if request is None:
            raise RuntimeError("the confirmation email has no link")
        with tenancy.account(account_id):
            confirm_or_deny.answer(request[1], yes=True, ip="127.0.0.1", user_agent="demonstration")
