"""What the neighbours' world lacks: campaigns, forms, moves and accounts in further states, made by pages if it can."""

import re
from datetime import timedelta

from django.http import HttpResponse
from django.test import Client

from golden.fixed import CHANCE, CLOCK
from mailflatrate.apps.accounts.actions import vetting
from mailflatrate.apps.accounts.actions.invitations import invite
from mailflatrate.apps.accounts.actions.keys import make_api_key
from mailflatrate.apps.accounts.actions.people import house_account
from mailflatrate.apps.accounts.models import KeyScope, Notice, Role
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.stats.report_links import create_report_link
from mailflatrate.base import tenancy
from support.automations import Journey
from support.contact_files import HEADER, line
from support.customers import WHERE, Customer
from support.desk import Desk
from support.forms import FormCustomer, add_form
from support.moves import drop, export_of

LATER = {"when": "later", "at": "2027-07-01T09:00", "time_zone": "Europe/Berlin"}
RELAY = {
    "name": "mta-1",
    "host": "mta.example.net",
    "port": 587,
    "tls": "required",
    "kind": "postfix",
    "pool": "quarantine",
    "return_path": "own",
    "weight": 10,
    "connections": 5,
}
COMPANY = {
    "legal_name": "Blumen Alma GmbH",
    "responsible_person": "Alma Alt",
    "country": "DE",
    "website": "https://lindenhof.example",
}


def add_extras(anna: Customer, otto: Desk) -> dict[str, list[str]]:
    """Add them; return addresses with secrets that only their recipients know, by the beginning of their pattern."""
    CHANCE.sow("extras")
    _campaigns(anna)
    _lists_and_forms(anna)
    _automations(anna)
    _desk(otto)
    found = _invitation(anna)
    return found | _confirmation(anna) | _shared_report(anna) | _mailed(anna)


def applicant() -> Client:
    """The browser of a company that began to apply."""
    client = Client()
    begin = _asked_for(Client(), "/apply/", "begin", "alma@lindenhof.example")
    _posted(client, f"{begin}/", **COMPANY)
    return client


def keys(anna: Customer) -> dict[str, str]:
    def key(name: str, scopes: set[KeyScope]) -> str:
        made = make_api_key(anna.account_id, name, scopes, expires_at=None, by=anna.owner)
        return str(made.secret)

    return {"key": key("All", set(KeyScope) - {KeyScope.ASK}), "key that reads": key("Reads", {KeyScope.READ})}


def _posted(client: Client, path: str, status: int = 303, **fields: object) -> HttpResponse:
    answer = client.post(path, fields)
    assert answer.status_code == status, (path, answer.status_code, answer.content.decode()[-2000:])
    return answer


def _campaigns(anna: Customer) -> None:
    def of(campaign: Campaign, act: str) -> str:
        return f"/studio/campaigns/{campaign.id}/{act}/"

    anna.ticked(anna.draft("Ready"))
    _posted(anna.client, of(anna.ticked(anna.draft("Scheduled")), "release"), **LATER)
    _posted(anna.client, of(anna.sending("Paused"), "pause"))
    _posted(anna.client, of(anna.sending("Canceled"), "cancel"))
    _posted(anna.client, "/studio/campaigns/new/", name="From a template", begin="gallery:announcement", language="de")
    _posted(anna.client, "/studio/campaigns/new/", name="Empty", begin="empty", language="en")


def _lists_and_forms(anna: Customer) -> None:
    _posted(anna.client, f"/studio/lists/{anna.list_id}/public-archive/", act="open")
    german = anna.with_list("Rundbrief", "Neues aus der Gärtnerei", "de", known=True)
    add_form(german)
    anna.bring("\n".join([HEADER, line("eve@lindenhof.example"), line("not an address"), ""]))
    drop(anna, export_of("mailchimp", domain="golden")).check()


def _automations(anna: Customer) -> None:
    send = {"id": "a", "do": "send", "campaign": "new"}
    wait = {"id": "w", "do": "wait", "for": {"days": 2}}
    paused = Journey.begun(anna, wait, send)
    _posted(anna.client, f"/studio/automations/{paused.automation_id}/pause/")
    ended = Journey.begun(anna, wait)
    _posted(anna.client, f"/studio/automations/{ended.automation_id}/end/")


def _desk(otto: Desk) -> None:
    _posted(otto.client, "/desk/relays/new/", **RELAY)
    waiting = Customer.applying("Blumen Warten", "Wanda Warten")
    vetting.submit_application(waiting.account_id, waiting.owner, WHERE)
    watched = Customer.vetted("Blumen Beobachtet", "Bea Obacht", watched=True, by=otto.user)
    ready = watched.with_imprint().with_sender().with_list(known=True).with_people(3).signed_in()
    _posted(ready.client, f"/studio/campaigns/{ready.ticked(ready.draft()).id}/release/", when="now")


def _invitation(anna: Customer) -> dict[str, list[str]]:
    told: list[str] = []

    def url(token: str) -> str:
        told.append(f"/invitation/{token}")
        return f"https://localhost/invitation/{token}/"

    invite(anna.account_id, "ida@people.example", name="Ida", role=Role.EDITOR, language="en", by=anna.owner, url=url)
    return {"/invitation/<>": [*told, "/invitation/none"]}


def _confirmation(anna: Customer) -> dict[str, list[str]]:
    form_id, code = add_form(anna)
    form = FormCustomer(anna, form_id, code)
    form.sign_up("frieda@briefkasten-lindenhof.de")
    return {"/confirm/<>": [*sorted(mail.confirm_path for mail in form.send()), "/confirm/none"]}


def _shared_report(anna: Customer) -> dict[str, list[str]]:
    with tenancy.account(anna.account_id):
        ends_at = CLOCK.now() + timedelta(days=7)
        campaign = Campaign.objects.filter(started_at__isnull=False).order_by("id")[0]
        made = create_report_link(campaign.id, name="Press", ends_at=ends_at, password="", by=anna.owner)
    return {"/s/<>": [f"/s/{made.token}", "/s/none"]}


def _mailed(anna: Customer) -> dict[str, list[str]]:
    """Addresses that we mail to the person who asked for them."""
    apply = _asked_for(Client(), "/apply/", "begin", "paula@lindenhof.example")
    factor = _asked_for(anna.client, "/2fa/mailbox/", "mailbox", anna.owner.email)
    found = {"/apply/begin/<>": [apply], "/2fa/mailbox/<>": [factor]}
    found |= {"/email/confirm/<>": [], "/setup/<>": [], "/hooks/<>/<>": ["/hooks/postmark/none"]}
    return {pattern: [*paths, pattern.replace("<>", "none")] for pattern, paths in found.items()}


def _asked_for(client: Client, path: str, word: str, email: str) -> str:
    """Ask for an address by mail, and return it without its last slash."""
    answer = client.post(path, {"email": email, "website_2": ""})
    assert answer.status_code in (200, 303), answer.content.decode()
    with tenancy.account(house_account().id):
        text = Notice.objects.filter(recipient=email).latest("id").text
    found = re.search(rf"https://[^/\s]+(/\S*{word}/[^/\s]+)/", text)
    assert found is not None, text
    return found[1]
