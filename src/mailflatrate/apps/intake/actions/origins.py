"""Declarations of list origin (R-10, R-11); `actions.origin_decisions` decides them."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlsplit

from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from mailflatrate.apps.accounts.models import AgreementKind, User
from mailflatrate.apps.accounts.queries import current_version
from mailflatrate.apps.intake.image_uploads import clean_picture
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.lists.errors import DeclarationProblem, ListError, ListStateError, OriginNeeded
from mailflatrate.apps.lists.models import (
    OPEN_DECLARATIONS,
    DeclarationState,
    EvidenceColumn,
    ListOrigin,
    MailingList,
    OriginKind,
    OriginState,
)
from mailflatrate.base import audit, clock, tenancy
from mailflatrate.rules.origins.forbidden import scan_texts

MIN_WORDING_CHARACTERS = 20
MAX_TEXT_CHARACTERS = 4000
MAX_LINE_CHARACTERS = 200
MAX_URLS = 10
MAX_COUNT = 100_000_000
EARLIEST = date(1995, 1, 1)
"""No newsletter with double opt-in is older."""
_TEXTS = ("wording", "previous_system", "remarks", "controller")
Line = Annotated[str, Field(min_length=1, max_length=MAX_LINE_CHARACTERS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """A declaration of list origin. `wording` is required, because only the page accepts a screenshot instead."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    kind: OriginKind
    form_urls: Annotated[list[Annotated[str, Field(max_length=2000)]], Field(min_length=1, max_length=MAX_URLS)]
    wording: Annotated[
        str, Field(max_length=MAX_TEXT_CHARACTERS, description="what people read when they signed up, word for word")
    ]
    collected_from: date | SkipJsonSchema[None]
    collected_to: Annotated[date | None, Field(description="null: people still sign up")] = None
    previous_system: Line
    last_mailed_on: Annotated[date | None, Field(description="null: never")] = None
    declared_count: Annotated[int, Field(ge=1, le=MAX_COUNT, description="how many addresses you will import")]
    controller: Annotated[Line, Field(description="the company that collected the addresses")]
    signatory: Annotated[Line, Field(description="the person who answers for this declaration")]
    evidence: Annotated[list[EvidenceColumn], Field(max_length=len(EvidenceColumn), description="proof in each row")]
    remarks: Annotated[str, Field(max_length=MAX_TEXT_CHARACTERS)] = ""
    assured: Annotated[bool, Field(description="true: the signatory vouches for this declaration (R-10)")] = False


@tenancy.needs_account
@transaction.atomic
def declare_origin(
    list_id: int,
    declaration: Declaration,
    *,
    screenshot: bytes | None = None,
    by: User | None,
    ip: str | None = None,
    user_agent: str = "",
) -> ListOrigin:
    """Without `screenshot` (an image's bytes), the previous one stays. Replaces an open declaration and takes its
    imports. Raises DeclarationProblem, or ListError for a list unknown, archived or rejected.
    """
    mailing_list = MailingList.objects.select_for_update().filter(id=list_id, archived_at=None).first()
    if mailing_list is None:
        raise ListError(_("this list doesn't exist"))
    if mailing_list.origin_state == OriginState.REJECTED:
        raise ListStateError(_("the origin of this list was rejected for good; create a new list"))
    before = ListOrigin.objects.filter(mailing_list=mailing_list).order_by("-version").first()
    picture, picture_type = _picture(screenshot, before)
    _check(declaration, has_picture=picture is not None)
    assert declaration.collected_from is not None  # otherwise it would have been reported as missing
    ListOrigin.objects.filter(mailing_list=mailing_list, state__in=OPEN_DECLARATIONS).update(
        state=DeclarationState.REPLACED
    )
    urls = _urls(declaration.form_urls)
    texts = {name: getattr(declaration, name) for name in _TEXTS}
    origin = ListOrigin.objects.create(
        mailing_list=mailing_list,
        version=before.version + 1 if before else 1,
        kind=OriginKind(declaration.kind),
        form_urls=urls,
        screenshot=picture,
        screenshot_type=picture_type,
        evidence=[column.value for column in EvidenceColumn if column.value in declaration.evidence],
        wording=declaration.wording.strip(),
        previous_system=declaration.previous_system.strip(),
        controller=declaration.controller.strip(),
        signatory=declaration.signatory.strip(),
        remarks=declaration.remarks.strip(),
        collected_from=declaration.collected_from,
        collected_to=declaration.collected_to,
        last_mailed_on=declaration.last_mailed_on,
        declared_count=declaration.declared_count,
        hits=[hit.as_json() for hit in scan_texts({"form_urls": "\n".join(urls), **texts})],
        policy_version=current_version(AgreementKind.POLICY),
        declared_by=by,
        declared_at=clock.now(),
        ip=ip,
        user_agent=user_agent[:1000],
    )
    _move_imports(mailing_list, before, origin)
    audit.record(
        "origin.declared",
        by=audit.person(by) if by else audit.machine("intake.declare_origin"),
        account_id=origin.account_id,
        subject=f"origin:{origin.id}",
        details={"list": list_id, "version": origin.version, "kind": origin.kind, "hits": len(origin.hits)},
    )
    return origin


def _move_imports(mailing_list: MailingList, before: ListOrigin | None, origin: ListOrigin) -> None:
    if before is not None and before.open:
        Import.objects.filter(origin=before).update(origin=origin)
    Import.objects.filter(mailing_list=mailing_list, origin=None).update(origin=origin)
    if mailing_list.origin_state == OriginState.FORM:
        MailingList.objects.filter(id=mailing_list.id).update(origin_state=OriginState.WAITING)


def usable_origin(list_id: int, version: int | None = None) -> ListOrigin:
    """`version`, else the newest valid one. Raises OriginNeeded if there is none, ListError for a rejected list."""
    mailing_list = MailingList.objects.filter(id=list_id).first()
    if mailing_list is None:
        raise ListError(_("this list doesn't exist"))
    if mailing_list.origin_state == OriginState.REJECTED:
        raise ListStateError(_("the origin of this list was rejected, so nothing can be imported into it"))
    holding = ListOrigin.objects.filter(
        mailing_list_id=list_id, state__in=(*OPEN_DECLARATIONS, DeclarationState.APPROVED)
    )
    if version is not None:
        holding = holding.filter(version=version)
    origin = holding.order_by("-version").first()
    if origin is None:
        words = _(
            "the origin of “%(name)s” hasn't been declared yet; declare where its addresses come from, then import"
        )
        raise OriginNeeded(words % {"name": mailing_list.name}, list_id)
    return origin


def _picture(screenshot: bytes | None, before: ListOrigin | None) -> tuple[bytes | None, str]:
    if screenshot:
        try:
            return clean_picture(screenshot)
        except ListError as problem:
            raise DeclarationProblem({"screenshot": str(problem)}) from problem
    if before is not None and before.screenshot is not None:
        return bytes(before.screenshot), before.screenshot_type
    return None, ""


def _check(declaration: Declaration, *, has_picture: bool) -> None:
    problems = {**_check_words(declaration, has_picture), **_check_times(declaration)}
    if declaration.kind not in set(OriginKind):
        problems["kind"] = _("choose how people signed up")
    if not 1 <= declaration.declared_count <= MAX_COUNT:
        problems["declared_count"] = _("enter the approximate number of addresses")
    if not set(declaration.evidence) <= set(EvidenceColumn):
        problems["evidence"] = _("choose from the columns offered")
    if not declaration.assured:
        problems["assured"] = _("confirm that your statements are true and complete; nothing is imported without it")
    if problems:
        raise DeclarationProblem(problems)


def _check_words(declaration: Declaration, has_picture: bool) -> dict[str, str]:
    problems = {}
    wording = declaration.wording.strip()
    if len(wording) < MIN_WORDING_CHARACTERS and not has_picture:
        problems["wording"] = _("copy what people read when they signed up, or upload an image of the form")
    for name in ("wording", "remarks"):
        if len(getattr(declaration, name)) > MAX_TEXT_CHARACTERS:
            problems[name] = _("use at most %(limit)d characters") % {"limit": MAX_TEXT_CHARACTERS}
    for name in ("previous_system", "controller", "signatory"):
        if not 2 <= len(getattr(declaration, name).strip()) <= MAX_LINE_CHARACTERS:
            problems[name] = _("use 2 to %(limit)d characters") % {"limit": MAX_LINE_CHARACTERS}
    urls = _urls(declaration.form_urls)
    if not urls and declaration.kind != OriginKind.EVENT:
        problems["form_urls"] = _("enter the address of the form or page, such as https://your-company.com/newsletter")
    elif len(urls) > MAX_URLS or any(not _is_url(url) for url in urls):
        problems["form_urls"] = _("enter up to %(limit)d page addresses, one per line, each starting with https://") % {
            "limit": MAX_URLS
        }
    elif not urls and not has_picture:
        problems["screenshot"] = _("without a web page, we need an image of the paper form")
    return problems


def _check_times(declaration: Declaration) -> dict[str, str]:
    problems = {}
    today = clock.now().date()
    begin, end, mailed = declaration.collected_from, declaration.collected_to, declaration.last_mailed_on
    if begin is None or not EARLIEST <= begin <= today:
        problems["collected_from"] = _("enter the date when people could first sign up; it must be in the past")
    elif end is not None and not begin <= end <= today:
        problems["collected_to"] = _(
            "the end must be after the start and not in the future; leave it empty if people can still sign up"
        )
    elif mailed is not None and not begin <= mailed <= today:
        problems["last_mailed_on"] = _("the last campaign must be after the first sign-up and not in the future")
    return problems


def _urls(lines: Collection[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _is_url(text: str) -> bool:
    if len(text) > 500 or re.search(r"[\s\x00-\x20\"<>]", text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "")
