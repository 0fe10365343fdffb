"""The subject of an entry in the activity log: its name and its page, instead of a kind and a number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.db.models import Model
from django.urls import reverse

from mailflatrate.apps.accounts.models import ApiKey, Invitation
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.campaigns.models import Campaign, FeedDigest
from mailflatrate.apps.domains.models import Mailbox
from mailflatrate.apps.events.models import WebhookEndpoint
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.models import Contact, ListOrigin, MailingList
from mailflatrate.base import tenancy


@dataclass(frozen=True, slots=True)
class ActivitySubject:
    name: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class SubjectKind:
    """Where a kind's names are found: the model, the path to the name, and the page by the value of `page_key`."""

    model: type[Model]
    name: str
    page: str = ""
    page_key: str = "id"


KINDS: Final = {
    "campaign": SubjectKind(Campaign, "name", "studio:campaign"),
    "mailing": SubjectKind(Campaign, "name", "studio:campaign"),  # policies accepted for a campaign
    "digest": SubjectKind(FeedDigest, "name", "studio:digest"),
    "automation": SubjectKind(Automation, "name", "studio:automation"),
    "contact": SubjectKind(Contact, "email", "studio:contact"),
    "list": SubjectKind(MailingList, "name", "studio:list"),
    "origin": SubjectKind(ListOrigin, "mailing_list__name", "studio:list", "mailing_list_id"),
    "import": SubjectKind(Import, "file_name", "studio:import"),
    "mailbox": SubjectKind(Mailbox, "email"),
    "invitation": SubjectKind(Invitation, "email"),
    "api_key": SubjectKind(ApiKey, "name"),
    "webhook": SubjectKind(WebhookEndpoint, "url", "studio:webhook"),
}


@tenancy.needs_account
def named(subjects: Iterable[str]) -> dict[str, ActivitySubject]:
    """One query per kind; subjects without a name are left out. A host ("media_host:img.example") is its own name."""
    subjects_by_key: dict[str, ActivitySubject] = {}
    numbers: dict[str, set[int]] = defaultdict(set)
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        if kind in KINDS and key.isascii() and key.isdecimal() and len(key) < 19:
            numbers[kind].add(int(key))
        elif kind == "media_host":
            subjects_by_key[subject] = ActivitySubject(key)
    for kind, ids in numbers.items():
        subjects_by_key |= _of_kind(kind, ids)
    return subjects_by_key


def _of_kind(kind: str, ids: set[int]) -> dict[str, ActivitySubject]:
    source = KINDS[kind]
    rows = source.model._default_manager.filter(id__in=ids).values_list("id", source.name, source.page_key)
    return {
        f"{kind}:{number}": ActivitySubject(name, reverse(source.page, args=[page_id]) if source.page else "")
        for number, name, page_id in rows
        if name
    }
