"""Endpoints to write, preview, check and test-send campaigns."""

from collections.abc import Mapping
from typing import Annotated, Any

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from mailflatrate.apps.accounts.models import Account, KeyScope
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import drafts, templates, versions
from mailflatrate.apps.campaigns.content.samples import neighbours
from mailflatrate.apps.campaigns.gallery import GalleryKey
from mailflatrate.apps.campaigns.models import Campaign, CampaignState
from mailflatrate.apps.campaigns.models.campaign import LONGEST_LABEL
from mailflatrate.apps.campaigns.translations import languages_of
from mailflatrate.apps.campaigns.variants import as_variant, variant_count
from mailflatrate.apps.gate.campaigns import promised_recipients
from mailflatrate.apps.gate.test_lists import MOST_LISTS, addresses_of
from mailflatrate.apps.gate.test_send import MOST_CONTACTS, MOST_MESSAGES, send_test
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.audience.lists import ListLanguage
from mailflatrate.entrypoints.api.v1.campaigns.campaign_schemas import (
    CampaignDetail,
    CampaignFields,
    CampaignInfo,
    CheckResult,
    Title,
    check,
    detail,
    values_of,
)
from mailflatrate.entrypoints.api.v1.problems import Code, Problem, wrong
from mailflatrate.entrypoints.api.v1.schemas import (
    Address,
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    SuccessResult,
    newest_first,
)
from mailflatrate.entrypoints.presenters.lookups import find_campaign, find_contact, find_test_lists
from mailflatrate.entrypoints.presenters.panel import panel_of
from mailflatrate.entrypoints.presenters.preview import render_preview
from mailflatrate.rules.campaigns.ab_test import MOST_VARIANTS
from mailflatrate.rules.gate.judge import RULES_VERSION

ROUTER = Router(tags=["Campaigns"])


class CampaignQuery(PageQuery):
    """Filters for listing campaigns."""

    state: CampaignState | None = None
    search: Annotated[str, Field(max_length=100, description="part of the name or mailing ID")] = ""
    label: Annotated[str, Field(max_length=LONGEST_LABEL, description="only campaigns with this label")] = ""


class NewCampaign(CampaignFields):
    """A new draft, empty or based on a template. Content in the request replaces the template's."""

    name: Title
    gallery: Annotated[GalleryKey | None, Field(description="the key of one of our templates")] = None
    template_id: Annotated[Id | None, Field(description="one of the account's own templates")] = None


class CampaignChange(CampaignFields):
    """Changes to a draft. Fields you leave out stay the same."""

    name: Title | None = None
    version: Annotated[
        int | None,
        Field(
            ge=1, le=2**31 - 1, description="the version you read; if it is outdated, nothing changes and you get 409"
        ),
    ] = None


class CampaignChecks(Schema):
    """The gate's verdict on the campaign as it is now: open checks by severity, then passed ones."""

    allowed: bool
    needs_review: bool
    rules_version: str
    content_hash: str
    checks: list[CheckResult]


class RecipientCounts(Schema):
    """How many recipients the campaign would go to now, and how many more without its own exclusions."""

    recipients: int
    left_out: int
    skipped: Annotated[dict[str, int], Field(description="on the lists but may not be mailed, by reason")]


class MessagePreview(Schema):
    """The message one recipient would get. `problem`: imprint, source, render. `missing`: a field this recipient
    lacks.
    """

    contact_id: int | None
    subject: str
    preheader: str
    html: str
    text: str
    missing: str
    problem: str
    detail: str


class PreviewRequest(RequestBodySchema):
    """Which recipient to preview for."""

    contact_id: Annotated[
        Id | None, Field(description="a confirmed contact in the audience; default: the first one")
    ] = None
    bare: Annotated[bool, Field(description="preview for a contact with nothing but an address")] = False
    variant: Annotated[
        int, Field(ge=0, lt=MOST_VARIANTS, description="0 is the campaign itself (variant A), 1 is variant B")
    ] = 0
    language: Annotated[
        ListLanguage | None, Field(description="one of the campaign's languages; default: its first, or the variant's")
    ] = None


class TestSendRequest(RequestBodySchema):
    """Recipients of a test send: only people who have signed in to this account and mailboxes it has verified (R-25).

    Each address gets one message per contact, at most ten messages in total.
    """

    recipients: Annotated[list[Address], Field(max_length=MOST_MESSAGES)] = []
    test_list_ids: Annotated[
        list[Id], Field(max_length=MOST_LISTS, description="test lists whose addresses get it, too")
    ] = []
    contact_ids: Annotated[
        list[Id],
        Field(max_length=MOST_CONTACTS, description="contacts whose field values are used; default: sample values"),
    ] = []


class TestSendResult(Schema):
    """The number of test messages being sent."""

    sent: int


@endpoint(ROUTER, "get", "/campaigns", scope=KeyScope.READ)
def list_campaigns(request: ApiRequest, which: Query[CampaignQuery]) -> Page[CampaignInfo]:
    """List campaigns, newest first. Filter by state, by label, or by part of the name or mailing ID."""
    state = which.state.value if which.state else ""
    rows = queries.campaigns(state=state, search=which.search.strip(), label=which.label)
    return newest_first(rows, which, CampaignInfo.model_validate)


@endpoint(ROUTER, "post", "/campaigns", scope=KeyScope.CAMPAIGNS_DRAFT, status=201, repeatable=True)
def create_campaign(request: ApiRequest, given: NewCampaign) -> CampaignDetail:
    """Create a draft. It gets its own mailing ID and isn't sent before it is released."""
    if given.gallery and given.template_id:
        raise wrong("template_id", _("one template at most"))
    caller = request.caller
    account = caller.account
    written = values_of(given, None)
    values = {"language": _language_of(written, account), "time_zone": account.time_zone} | written
    if given.gallery:
        made = templates.start_from_gallery(
            given.gallery, values["language"], name=given.name, by=caller.user, values=values
        )
    elif given.template_id:
        if not queries.templates().filter(id=given.template_id).exists():
            raise Http404
        made = templates.start_from_template(given.template_id, name=given.name, by=caller.user, values=values)
    else:
        return detail(drafts.create_campaign(given.name, by=caller.user, values=values))
    return detail(drafts.update_campaign(made.id, values_of(given, made), by=caller.user, keeps_locks=True))


def _language_of(written: Mapping[str, Any], account: Account) -> str:
    mailing_list = MailingList.objects.filter(id__in=written.get("list_ids", [])[:1]).first()
    return mailing_list.language if mailing_list else account.language


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}", scope=KeyScope.READ)
def show_campaign(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Get a campaign. The response includes all its content and the hash that a release is bound to."""
    return detail(find_campaign(campaign_id))


@endpoint(ROUTER, "patch", "/campaigns/{campaign_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def change_campaign(request: ApiRequest, campaign_id: Id, given: CampaignChange) -> CampaignDetail:
    """Change a draft. After an edit the policy has to be confirmed again (R-04). The previous version is kept."""
    campaign = find_campaign(campaign_id)
    values = values_of(given, campaign)
    if given.name is not None:
        values["name"] = given.name
    saved = versions.save_draft(campaign_id, values, by=request.caller.user, seen=given.version, keeps_locks=True)
    if saved.aside is not None:
        raise Problem(Code.STATE)
    return detail(find_campaign(campaign_id))


@endpoint(ROUTER, "delete", "/campaigns/{campaign_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def delete_campaign(request: ApiRequest, campaign_id: Id) -> SuccessResult:
    """Delete a draft. Campaigns that were sent stay on record."""
    find_campaign(campaign_id)
    drafts.delete_draft(campaign_id)
    return SuccessResult()


@endpoint(
    ROUTER,
    "post",
    "/campaigns/{campaign_id}/copy",
    scope=KeyScope.CAMPAIGNS_DRAFT,
    status=201,
    repeatable=True,
    location="/campaigns/{id}",
)
def copy_campaign(request: ApiRequest, campaign_id: Id) -> CampaignDetail:
    """Copy a campaign to a new draft. The copy has its own mailing ID, and its policy has to be confirmed again
    (R-04).
    """
    find_campaign(campaign_id)
    return detail(drafts.copy_campaign(campaign_id, by=request.caller.user))


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/checks", scope=KeyScope.READ)
def check_campaign(request: ApiRequest, campaign_id: Id) -> CampaignChecks:
    """Check a campaign. Returns what is left to do before sending: the checks the page shows and a release runs."""
    campaign = find_campaign(campaign_id)
    return checks_of(campaign)


def checks_of(campaign: Campaign) -> CampaignChecks:
    panel = panel_of(campaign)
    waiting = any(item.state == "waiting" for item in panel.open)
    return CampaignChecks(
        allowed=panel.allowed,
        needs_review=waiting,
        rules_version=RULES_VERSION,
        content_hash=detail(campaign).content_hash,
        checks=[check(item) for item in (*panel.open, *panel.passed)],
    )


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/audience", scope=KeyScope.READ)
def count_recipients(request: ApiRequest, campaign_id: Id) -> RecipientCounts:
    """Count the recipients a campaign would go to now. Contacts who may not be mailed aren't counted."""
    counted = promised_recipients(find_campaign(campaign_id))
    return RecipientCounts(recipients=counted.recipients, left_out=counted.excluded, skipped=dict(counted.skipped))


@endpoint(ROUTER, "get", "/campaigns/{campaign_id}/preview", scope=KeyScope.READ)
def preview_campaign(request: ApiRequest, campaign_id: Id, whose: Query[PreviewRequest]) -> MessagePreview:
    """Preview the message one recipient would get. It is rendered as it will be sent, but its links are inactive."""
    campaign = find_campaign(campaign_id)
    if whose.contact_id is not None:
        find_contact(whose.contact_id)
    around = neighbours(campaign, whose.contact_id or 0) if campaign.list_ids else None
    if whose.contact_id is not None and (around is None or around.contact.id != whose.contact_id):
        raise Http404
    number = _text_number(campaign, whose)
    if number >= variant_count(campaign):
        raise Http404
    message = render_preview(as_variant(campaign, number), request.caller.account, around, bare=whose.bare)
    return MessagePreview(
        contact_id=around.contact.id if around else None, subject=message.subject, preheader=message.preheader,
        html=message.html, text=message.text, missing=message.missing, problem=message.problem, detail=message.detail,
    )  # fmt: skip


def _text_number(campaign: Campaign, whose: PreviewRequest) -> int:
    if whose.language is None:
        return whose.variant
    written = languages_of(campaign)
    if whose.language.value not in written:
        raise Http404
    return written.index(whose.language.value)


@endpoint(ROUTER, "post", "/campaigns/{campaign_id}/test", scope=KeyScope.CAMPAIGNS_DRAFT, status=202)
def try_campaign(request: ApiRequest, campaign_id: Id, given: TestSendRequest) -> TestSendResult:
    """Send a test.

    The test goes to team members and verified mailboxes of the account, through the normal engine, marked as a test.
    """
    find_campaign(campaign_id)
    for contact_id in given.contact_ids:
        find_contact(contact_id)
    find_test_lists(given.test_list_ids)
    recipients = [*given.recipients, *addresses_of(given.test_list_ids)]
    if not recipients:
        raise wrong("recipients", _("Choose at least one address for the test."))
    sent = send_test(campaign_id, recipients, by=request.caller.user, contact_ids=given.contact_ids)
    return TestSendResult(sent=len(sent))
