"""Automations before their release: create, save (without lost updates), copy and delete."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.automations.errors import AutomationChanged, AutomationError
from mailflatrate.apps.automations.graphs import EMPTY, graph_of, with_campaigns
from mailflatrate.apps.automations.models import Automation, AutomationState, AutomationVersion, VersionState
from mailflatrate.apps.campaigns.actions import drafts as campaign_drafts
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import clock, tenancy
from mailflatrate.rules.automations.reading import read_graph
from mailflatrate.rules.campaigns.campaign_states import EDITABLE

MAX_NAME_CHARACTERS = 120
MAX_AUTOMATIONS = 500
_OPEN = (VersionState.DRAFT, VersionState.RELEASING)


@tenancy.needs_account
@transaction.atomic
def create_automation(
    name: str, list_id: int, *, by: User | None, graph: Mapping[str, Any] | None = None
) -> Automation:
    """Create an automation of a list with its first draft. Raises AutomationError, GraphRefused."""
    read_graph(graph or EMPTY)
    if not MailingList.objects.filter(id=list_id, archived_at=None).exists():
        raise AutomationError(_("Choose the list whose subscribers the automation is for."))
    if Automation.objects.exclude(state=AutomationState.ENDED).count() >= MAX_AUTOMATIONS:
        raise AutomationError(_("You can have up to %(limit)d automations.") % {"limit": MAX_AUTOMATIONS})
    automation = Automation.objects.create(name=_checked_name(name), mailing_list_id=list_id, created_by=by)
    AutomationVersion.objects.create(automation=automation, number=1, graph=dict(graph or EMPTY), edited_by=by)
    return automation


@tenancy.needs_account
@transaction.atomic
def rename_automation(automation_id: int, name: str) -> Automation:
    """Change the name, which only colleagues see. Raises AutomationError."""
    automation = locked_automation(automation_id)
    automation.name, automation.updated_at = _checked_name(name), clock.now()
    automation.save(update_fields=["name", "updated_at"])
    return automation


@tenancy.needs_account
@transaction.atomic
def save_graph(automation_id: int, graph: Mapping[str, Any], *, based_on: int, by: User | None) -> AutomationVersion:
    """Raises GraphRefused, AutomationChanged if someone saved after `based_on`, AutomationError without a draft."""
    read_graph(graph)
    version = draft_of(automation_id)
    if version.saves != based_on:
        raise AutomationChanged(
            _("Someone saved this automation since you opened it. Reload the page to continue from there.")
        )
    if version.graph != graph:
        version.graph, version.saves = dict(graph), version.saves + 1
        version.edited_by, version.updated_at = by, clock.now()
        version.save(update_fields=["graph", "saves", "edited_by", "updated_at"])
        Automation.objects.filter(id=automation_id).update(updated_at=version.updated_at)
    return version


@tenancy.needs_account
@transaction.atomic
def create_message(
    automation_id: int, name: str, *, by: User | None, values: Mapping[str, Any] | None = None
) -> Campaign:
    """A draft campaign of the automation's list, to be named in the graph. Raises AutomationError without a draft."""
    version = draft_of(automation_id)
    return _own(campaign_drafts.create_campaign(name, by=by, values=values), version.automation, by)


def _own(campaign: Campaign, automation: Automation, by: User | None) -> Campaign:
    """Make a draft the message of an automation: it goes to the automation's list, and to no other audience."""
    Campaign.objects.filter(id=campaign.id).update(automation_id=automation.id)
    audience = {
        "list_ids": [automation.mailing_list_id],
        "conditions": [],
        "excluded_list_ids": [],
        "excluded_segments": [],
        "excluded_mailing_ids": [],
        "variants": [],
        "translations": [],
    }
    campaign_drafts.update_campaign(campaign.id, audience, by=by)
    return Campaign.objects.get(id=campaign.id)


@tenancy.needs_account
@transaction.atomic
def begin_version(automation_id: int, *, by: User | None) -> AutomationVersion:
    """The next version's draft, made with copies of the messages if none exists. Raises AutomationError once ended."""
    automation = locked_automation(automation_id)
    if automation.state == AutomationState.ENDED:
        raise AutomationError(_("This automation was ended. Copy it to start again."))
    newest = AutomationVersion.objects.filter(automation=automation).order_by("-number")[0]
    if newest.state in _OPEN:
        return newest
    graph = with_campaigns(newest.graph, _copied_messages(newest, automation, by))
    return AutomationVersion.objects.create(
        automation=automation, number=newest.number + 1, graph=graph, edited_by=by, updated_at=clock.now()
    )


def _copied_messages(version: AutomationVersion, automation: Automation, by: User | None) -> dict[int, int]:
    names = dict(Campaign.objects.filter(id__in=graph_of(version).campaigns()).values_list("id", "name"))
    made = {}
    for number, name in names.items():
        copy = _own(campaign_drafts.copy_campaign(number, by=by), automation, by)
        campaign_drafts.update_campaign(copy.id, {"name": name}, by=by)
        made[number] = copy.id
    return made


@tenancy.needs_account
@transaction.atomic
def discard_version(automation_id: int) -> None:
    """Delete the draft of the next version and its messages. Raises AutomationError if there is none."""
    version = draft_of(automation_id)
    if version.number == 1:
        raise AutomationError(_("This automation has only this draft. Delete the automation instead."))
    _delete_messages(version)
    version.delete()


@tenancy.needs_account
@transaction.atomic
def copy_automation(automation_id: int, *, by: User | None) -> Automation:
    """Create a draft with the same graph and copies of the messages, for the same list."""
    original = Automation.objects.get(id=automation_id)
    newest = AutomationVersion.objects.filter(automation=original).order_by("-number")[0]
    name = f"{original.name[: MAX_NAME_CHARACTERS - 10]} (2)"
    automation = create_automation(name, original.mailing_list_id, by=by, graph=newest.graph)
    graph = with_campaigns(newest.graph, _copied_messages(newest, automation, by))
    AutomationVersion.objects.filter(automation=automation).update(graph=graph)
    return automation


@tenancy.needs_account
@transaction.atomic
def delete_automation(automation_id: int) -> None:
    """Delete an automation that was never released, with its messages. Raises AutomationError for any other."""
    automation = locked_automation(automation_id)
    version = AutomationVersion.objects.filter(automation=automation).order_by("-number")[0]
    if automation.state != AutomationState.DRAFT or version.state != VersionState.DRAFT:
        raise AutomationError(_("Only drafts can be deleted. End the automation instead; its figures stay on record."))
    _delete_messages(version)
    automation.delete()


def _delete_messages(version: AutomationVersion) -> None:
    """Delete the drafts of an automation that no released version sends."""
    drafts = Campaign.objects.filter(automation_id=version.automation_id, state__in=EDITABLE)
    for number in drafts.values_list("id", flat=True):
        campaign_drafts.delete_draft(number)


@tenancy.needs_account
def locked_automation(automation_id: int) -> Automation:
    """Return the automation's row, locked until the transaction ends. Raises Automation.DoesNotExist."""
    return Automation.objects.select_for_update().get(id=automation_id)


@tenancy.needs_account
def draft_of(automation_id: int) -> AutomationVersion:
    """Return the draft version, locked until the transaction ends. Raises AutomationError if there is none."""
    versions = AutomationVersion.objects.select_for_update(of=("self",)).select_related("automation")
    draft = versions.filter(automation_id=automation_id, state=VersionState.DRAFT).first()
    if draft is None:
        raise AutomationError(_("This version was released and stays as it is. Edit it as a new version."))
    return draft


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > MAX_NAME_CHARACTERS:
        raise AutomationError(_("Name the automation, in up to %(limit)d characters.") % {"limit": MAX_NAME_CHARACTERS})
    return name
