"""The material of campaigns: segments, templates, images."""

from datetime import datetime
from typing import Annotated

from ninja import File, Form, Query, Router, Schema
from ninja.files import UploadedFile
from pydantic import Field

from mailflatrate.apps.accounts.models import KeyScope
from mailflatrate.apps.campaigns import queries
from mailflatrate.apps.campaigns.actions import media, templates
from mailflatrate.apps.campaigns.gallery import gallery
from mailflatrate.apps.campaigns.media import message_url
from mailflatrate.apps.campaigns.models import ContentKind, Media
from mailflatrate.apps.segments.actions import segments as segments_actions
from mailflatrate.apps.segments.counts import count_people
from mailflatrate.apps.segments.models import Segment
from mailflatrate.apps.segments.queries import segments
from mailflatrate.entrypoints.api.v1.access_control import ApiRequest, endpoint
from mailflatrate.entrypoints.api.v1.audience.lists import ListLanguage
from mailflatrate.entrypoints.api.v1.audience.segment_schemas import Conditions, SegmentPeople
from mailflatrate.entrypoints.api.v1.campaigns.campaign_schemas import Title
from mailflatrate.entrypoints.api.v1.problems import Code, Problem
from mailflatrate.entrypoints.api.v1.schemas import (
    Id,
    Page,
    PageQuery,
    RequestBodySchema,
    SuccessResult,
    filled,
    newest_first,
    page_from,
    with_changes,
)
from mailflatrate.entrypoints.presenters.lookups import find_campaign, find_media, find_segment, find_template
from mailflatrate.entrypoints.presenters.segment_sentences import segment_sentences
from mailflatrate.locale.texts import ENGLISH
from mailflatrate.mail.images.picture_values import MAX_UPLOAD_OCTETS

ROUTER = Router(tags=["Content"])
PictureName = Annotated[str, Field(max_length=120)]
PictureText = Annotated[str, Field(max_length=250, description="alternative text, read aloud by screen readers")]


class SegmentInfo(Schema):
    """Saved conditions on contacts."""

    id: int
    name: str
    conditions: Conditions
    sentence: Annotated[str, Field(description="what the segment says, in the language of the request")]
    created_at: datetime


class SegmentDetail(SegmentInfo, SegmentPeople):
    """A segment with the number of contacts it matches now."""


class SegmentRequest(RequestBodySchema):
    """A segment to save."""

    name: Title
    conditions: Conditions


class TemplateInfo(Schema):
    """One of the account's own templates."""

    id: int
    name: str
    subject: str
    preheader: str
    language: str
    content_kind: ContentKind
    theme: str
    content: str
    text_override: str
    is_locked: Annotated[bool, Field(description="campaigns that start from it keep what isn't marked as a slot")]
    updated_at: datetime


class GalleryTemplateInfo(Schema):
    """One of our templates; use its `key` to start a campaign from it."""

    key: str
    family: str
    name: str
    about: str
    subject: str


class GalleryQuery(RequestBodySchema):
    """The language of the templates."""

    language: ListLanguage = ListLanguage(ENGLISH)


class TemplateFromCampaign(RequestBodySchema):
    """A campaign to save as a template."""

    campaign_id: Id
    name: Title


class MediaInfo(Schema):
    """An image. `url` is its address for use in messages; it never expires."""

    id: int
    name: str
    alt: str
    decorative: bool
    made_by_ai: bool
    width: int
    height: int
    octets: int
    url: str
    created_at: datetime


class MediaRequest(RequestBodySchema):
    """Details of an uploaded image."""

    name: Annotated[PictureName, Field(description="default: the file's name")] = ""
    alt: PictureText = ""
    decorative: Annotated[bool, Field(description="the image is decorative and needs no alternative text")] = False
    made_by_ai: Annotated[bool, Field(description="recipients are told about AI images that look like photographs")] = (
        False
    )


class MediaChange(RequestBodySchema):
    """Changes to an image. Fields you leave out stay the same."""

    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    alt: PictureText | None = None
    decorative: bool | None = None
    made_by_ai: bool | None = None


def _counted(row: Segment) -> SegmentDetail:
    count = count_people(row.conditions)
    return filled(
        SegmentDetail,
        row,
        conditions=row.conditions,
        sentence=segment_sentences([row.conditions])[0],
        people=count.people,
        people_is_minimum=count.is_least,
        untracked=count.untracked,
    )


@endpoint(ROUTER, "get", "/segments", scope=KeyScope.READ)
def list_segments(request: ApiRequest, which: Query[PageQuery]) -> Page[SegmentInfo]:
    """List segments by name, page by page."""
    rows = list(segments())
    sentences = dict(zip((row.id for row in rows), segment_sentences([row.conditions for row in rows]), strict=True))
    return page_from(
        rows,
        which,
        lambda row: filled(SegmentInfo, row, conditions=row.conditions, sentence=sentences[row.id]),
    )


@endpoint(ROUTER, "get", "/segments/{segment_id}", scope=KeyScope.READ)
def show_segment(request: ApiRequest, segment_id: Id) -> SegmentDetail:
    """Get a segment. The response includes the number of contacts it matches now."""
    return _counted(find_segment(segment_id))


@endpoint(ROUTER, "post", "/segments", scope=KeyScope.CAMPAIGNS_DRAFT, status=201, repeatable=True)
def create_segment(request: ApiRequest, given: SegmentRequest) -> SegmentDetail:
    """Create a segment."""
    return _counted(segments_actions.save_segment(given.name, given.conditions))


@endpoint(ROUTER, "put", "/segments/{segment_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def change_segment(request: ApiRequest, segment_id: Id, given: SegmentRequest) -> SegmentDetail:
    """Replace a segment.

    Campaigns keep the conditions that were saved with them.
    """
    find_segment(segment_id)
    return _counted(segments_actions.save_segment(given.name, given.conditions, segment_id=segment_id))


@endpoint(ROUTER, "delete", "/segments/{segment_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def delete_segment(request: ApiRequest, segment_id: Id) -> SuccessResult:
    """Delete a segment.

    Refused if campaigns exclude it; the response names them.
    """
    find_segment(segment_id)
    segments_actions.delete_segment(segment_id)
    return SuccessResult()


@endpoint(ROUTER, "get", "/templates", scope=KeyScope.READ)
def list_templates(request: ApiRequest, which: Query[PageQuery]) -> Page[TemplateInfo]:
    """List the account's own templates by name, page by page."""
    return page_from(list(queries.templates()), which, TemplateInfo.model_validate)


@endpoint(ROUTER, "get", "/templates/gallery", scope=KeyScope.READ)
def list_gallery(request: ApiRequest, which: Query[GalleryQuery]) -> Page[GalleryTemplateInfo]:
    """List our templates in a language, family by family."""
    designs = gallery(which.language.value)
    return Page[GalleryTemplateInfo](items=[GalleryTemplateInfo.model_validate(design) for design in designs])


@endpoint(ROUTER, "post", "/templates", scope=KeyScope.CAMPAIGNS_DRAFT, status=201, repeatable=True)
def keep_template(request: ApiRequest, given: TemplateFromCampaign) -> TemplateInfo:
    """Save a campaign's content as a template. The sender and the audience aren't saved."""
    find_campaign(given.campaign_id)
    return TemplateInfo.model_validate(
        templates.save_as_template(given.campaign_id, given.name, by=request.caller.user)
    )


@endpoint(ROUTER, "get", "/templates/{template_id}", scope=KeyScope.READ)
def show_template(request: ApiRequest, template_id: Id) -> TemplateInfo:
    """Show one of the account's own templates."""
    return TemplateInfo.model_validate(find_template(template_id))


@endpoint(ROUTER, "delete", "/templates/{template_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def delete_template(request: ApiRequest, template_id: Id) -> SuccessResult:
    """Delete a template.

    Campaigns started from it keep their content. A locked one is deleted by members who may change the brand.
    """
    find_template(template_id)
    templates.delete_template(template_id, by=request.caller.user)
    return SuccessResult()


def _media(row: Media) -> MediaInfo:
    return filled(MediaInfo, row, url=message_url(row, list(row.files.all())))


@endpoint(ROUTER, "get", "/media", scope=KeyScope.READ)
def list_media(request: ApiRequest, which: Query[PageQuery]) -> Page[MediaInfo]:
    """List images, newest first."""
    return newest_first(queries.media(), which, _media)


@endpoint(ROUTER, "post", "/media", scope=KeyScope.CAMPAIGNS_DRAFT, status=201, repeatable=True)
def upload_media(
    request: ApiRequest,
    file: File[UploadedFile],
    words: Form[MediaRequest],
) -> MediaInfo:
    """Upload an image. PNG, JPEG, GIF or WebP up to 8 MB, detected by content. Stored in the widths that messages need.
    Uploading the same file again returns the same image.
    """
    if file.size is not None and file.size > MAX_UPLOAD_OCTETS:
        raise Problem(Code.TOO_LARGE)
    name = words.name.strip() or file.name or ""
    made = media.upload_media(
        file.read(),
        name=name,
        alt=words.alt.strip(),
        decorative=words.decorative,
        by=request.caller.user,
        made_by_ai=words.made_by_ai,
    )
    return _media(made)


@endpoint(ROUTER, "get", "/media/{media_id}", scope=KeyScope.READ)
def show_media(request: ApiRequest, media_id: Id) -> MediaInfo:
    """Show an image."""
    return _media(find_media(media_id))


@endpoint(ROUTER, "patch", "/media/{media_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def describe_media(request: ApiRequest, media_id: Id, given: MediaChange) -> MediaInfo:
    """Change an image's name and alternative text."""
    return _media(media.describe_media(media_id, **with_changes(find_media(media_id), given)))


@endpoint(ROUTER, "delete", "/media/{media_id}", scope=KeyScope.CAMPAIGNS_DRAFT)
def delete_media(request: ApiRequest, media_id: Id) -> SuccessResult:
    """Delete an image permanently. You can't delete one used in a sent campaign: recipients still open it."""
    find_media(media_id)
    media.delete_media(media_id)
    return SuccessResult()
