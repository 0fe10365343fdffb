"""Approval of an automation by a second person: one request, one answer and one notice for all its messages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.notices import tell_people
from mailflatrate.apps.accounts.models import NoticeKind, User
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.accounts.service_mail import Passage
from mailflatrate.apps.automations.actions.drafts import draft_of
from mailflatrate.apps.automations.checking import problems_of
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.graphs import graph_of, version_hash
from mailflatrate.apps.automations.models import AutomationVersion
from mailflatrate.apps.campaigns.actions import approval as campaign_approval
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign, ReleaseAnswer, ReleaseRequest
from mailflatrate.apps.campaigns.queries import may_approve, newest_imprint
from mailflatrate.apps.gate import approval
from mailflatrate.base import tenancy
from mailflatrate.rules.roles import Permission
from mailflatrate.settings import load_settings


@dataclass(frozen=True, slots=True)
class AutomationApproval:
    """The pending request for a draft. `is_stale`: the graph or a message has changed since, or a message is new."""

    asked_by: User
    asked_at: datetime
    note: str
    is_stale: bool
    rows: Sequence[ReleaseRequest]


@tenancy.needs_account
def approval_of(version: AutomationVersion) -> AutomationApproval | None:
    """Return the pending request for a draft; None if nobody asked, or if it has no messages."""
    campaigns = messages_in(version)
    waiting = ReleaseRequest.objects.filter(campaign__in=campaigns, answer=ReleaseAnswer.OPEN)
    rows = list(waiting.select_related("asked_by").order_by("-id"))
    if not rows:
        return None
    imprint = newest_imprint()
    asked = {row.campaign_id: row.content_hash for row in rows}
    is_changed = any(asked.get(campaign.id) != content_hash(campaign, imprint) for campaign in campaigns)
    newest = rows[0]
    return AutomationApproval(
        newest.asked_by, newest.asked_at, newest.note, is_changed or version.updated_at > newest.asked_at, rows
    )


@tenancy.needs_account
def messages_in(version: AutomationVersion) -> list[Campaign]:
    """Return the messages of a version in the order of its steps."""
    ids = graph_of(version).campaigns()
    messages = Campaign.objects.select_related("sender__domain").in_bulk(ids)
    return [messages[number] for number in ids if number in messages]


@tenancy.needs_account
def may_give(version: AutomationVersion, request: AutomationApproval, by: User) -> bool:
    """Return whether a person who may release is neither who asked nor who last edited the graph or a message."""
    campaigns = {campaign.id: campaign for campaign in messages_in(version)}
    own = (row for row in request.rows if row.campaign_id in campaigns)
    return by.id != version.edited_by_id and all(may_approve(campaigns[row.campaign_id], row, by.id) for row in own)


@tenancy.needs_account
def approvers_of(version: AutomationVersion, asked_by: User) -> list[User]:
    people = [approval.others_who_may_release(campaign, asked_by) for campaign in messages_in(version)]
    if not people:
        return []
    everywhere = set.intersection(*({user.id for user in group} for group in people)) - {version.edited_by_id}
    return [user for user in people[0] if user.id in everywhere]


@tenancy.needs_account
@transaction.atomic
def request_approval(automation_id: int, *, by: User, shown_hash: str, note: str = "") -> list[User]:
    """One notice each; returns those who were asked. Raises CampaignError if a message can't be approved now;
    AutomationError while the draft has problems, changed since it was shown, or no one can approve it.
    """
    version = draft_of(automation_id)
    if problems_of(version):
        raise AutomationError(_("Fix the steps that are marked, then request approval."))
    expect(version, shown_hash)
    waiting = approval_of(version)
    if waiting is not None and not waiting.is_stale:
        raise AutomationError(_("%(person)s has already requested approval.") % {"person": waiting.asked_by})
    imprint = newest_imprint()
    for campaign in messages_in(version):
        present = content_hash(campaign, imprint)
        approval.askable_draft(campaign.id, by=by, shown_hash=present)
        campaign_approval.record_request(campaign, present, by=by, note=note.strip(), wanted_at=None)
    others = approvers_of(version, by)
    if not others:
        raise AutomationError(_("No one else can approve it. Invite an editor under Settings, Team."))
    _tell(others, version, "approval_requested", by, note=note.strip())
    return others


@tenancy.needs_account
@transaction.atomic
def send_back(automation_id: int, *, by: User, text: str) -> None:
    """Requesters withdraw theirs without a text. Raises AutomationError for no reason, or if nothing was requested."""
    version = draft_of(automation_id)
    request = approval_of(version)
    if request is None:
        raise AutomationError(_("Approval is no longer requested for this automation."))
    is_own = request.asked_by.id == by.id
    if not is_own:
        require(by, Permission.RELEASE)
        if not text.strip():
            raise AutomationError(_("Describe what should change. Your colleague will read it."))
    for row in request.rows:
        campaign_approval.record_answer(row, ReleaseAnswer.SENT_BACK, by=by, text=text.strip())
    if not is_own and request.asked_by.is_active:
        _tell([request.asked_by], version, "returned", by, note=text.strip())


@tenancy.needs_account
def give(version: AutomationVersion, *, by: User, is_required: bool) -> None:
    """Tells who asked. The policy is ticked. Raises AutomationError unless a colleague requested exactly that."""
    request = approval_of(version)
    if request is None or (not is_required and not may_give(version, request, by)):
        return
    for row in request.rows:
        campaign_approval.record_answer(row, ReleaseAnswer.RELEASED, by=by)
    if request.asked_by.is_active:
        _tell([request.asked_by], version, "approved", by)


@tenancy.needs_account
def expect_request(version: AutomationVersion, by: User) -> None:
    """Raise AutomationError unless a colleague requested approval of exactly this draft, and `by` may give it."""
    request = approval_of(version)
    if request is None and messages_in(version):
        raise AutomationError(_("Your account asks for a second person. Request approval first."))
    if request is None:
        return
    if request.is_stale:
        raise AutomationError(_("The automation changed after approval was requested. Request approval again."))
    if not may_give(version, request, by):
        raise AutomationError(_("You requested approval or made the last edit, so a colleague has to approve it."))


def expect(version: AutomationVersion, shown_hash: str) -> None:
    """Raise AutomationError unless the draft is what the person was shown."""
    if version_hash(version) != shown_hash:
        raise AutomationError(_("The automation has changed since you opened this page. Review it again."))


def _tell(people: Iterable[User], version: AutomationVersion, template: str, by: User, *, note: str = "") -> None:
    facts = {
        "automation": version.automation.name,
        "person": by,
        "note": Passage(note),
        "url": f"{load_settings().public_url}/studio/automations/{version.automation_id}/release/",
    }
    tell_people(NoticeKind.TEAM, people, f"automations/mail/{template}", facts)
