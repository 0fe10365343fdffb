"""The public archive of a list. No cookie is read, nobody is counted, and every visitor gets the same."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Final

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.feedgenerator import Rss201rev2Feed
from django.views.decorators.clickjacking import xframe_options_exempt

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.models import Campaign, Edition
from mailflatrate.apps.campaigns.public_archive import (
    empty_values,
    find_archive,
    public_campaigns,
    public_page,
    public_subject,
)
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.apps.campaigns.translations import languages_of
from mailflatrate.apps.forms.queries import asking_forms
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.presenters.archives import archive_url, issue_url
from mailflatrate.entrypoints.presenters.campaign_figures import sent_edition
from mailflatrate.entrypoints.presenters.signup.embeds import form_url
from mailflatrate.entrypoints.public.polls import IN_ARCHIVE
from mailflatrate.entrypoints.public.reader import logo_path, page_language
from mailflatrate.entrypoints.public.web_version import MESSAGE_POLICY
from mailflatrate.entrypoints.ui.content_policy import allow
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.identifiers.mailing_id import parse_mailing_id
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.links import LINK_VARIABLES, LinkKind, link_prefix
from mailflatrate.mail.liquid import SourceRefused
from mailflatrate.rules.imprint import imprint_lines
from mailflatrate.settings import load_settings

MOST_ISSUES: Final = 50
KEPT_SECONDS: Final = 300
"""How long browsers may keep a page: a closed archive is closed here at once, and there soon."""


@dataclass(frozen=True, slots=True)
class OpenArchive:
    account: Account
    mailing_list: MailingList

    @property
    def code(self) -> str:
        return self.mailing_list.code


@contextmanager
def _open(code: str) -> Iterator[OpenArchive]:
    ids = find_archive(code)
    if ids is None:
        raise Http404
    account_id, list_id = ids
    with tenancy.account(account_id):
        yield OpenArchive(Account.objects.get(id=account_id), MailingList.objects.get(id=list_id))


def _kept(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    return response


def _text_in(campaign: Campaign, language: str) -> Edition | None:
    if not campaign.translations:
        return sent_edition(campaign)
    written = languages_of(campaign)
    return sent_edition(campaign, written.index(language) if language in written else 0)


def _issues(archive: OpenArchive, language: str) -> list[dict[str, Any]]:
    issues = []
    for campaign in public_campaigns(archive.mailing_list)[:MOST_ISSUES]:
        edition = _text_in(campaign, language)
        if edition is None:
            continue
        several = languages_of(campaign) if campaign.translations else []
        values = empty_values(campaign, edition, archive.account, archive.mailing_list)
        issues.append(
            {
                "subject": public_subject(edition.subject, values),
                "sent_at": campaign.finished_at,
                "url": issue_url(archive.code, campaign.mailing_id, edition.language if several else ""),
                "language": edition.language if several else "",
                "others": [
                    (code, issue_url(archive.code, campaign.mailing_id, code))
                    for code in several
                    if code != edition.language
                ],
            }
        )
    return issues


def _asked_language(request: HttpRequest) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else ""


@xframe_options_exempt
@public("GET a/<slug:code>/", "archive")
def archive(request: HttpRequest, code: str) -> HttpResponse:
    """`?frame=1` is for frames of other sites. Of a campaign in several languages, the page's one is listed."""
    framed = request.GET.get("frame") == "1"
    with _open(code) as open_archive, translation.override(page_language(request, open_archive.mailing_list.language)):
        if framed:
            allow(request, frame_ancestors="*")
        imprint = structured_imprint(newest_imprint())
        context = {
            "customer": {
                "name": open_archive.account.name,
                "text": open_archive.mailing_list.public_name,
                "colour": open_archive.account.colour,
                "logo_url": logo_path(),
            },
            "description": open_archive.mailing_list.description,
            "issues": _issues(open_archive, str(translation.get_language())),
            "forms": [form_url(form.code) for form in asking_forms(open_archive.mailing_list.id)][:1],
            "feed_url": f"{archive_url(code)}feed.xml?language={translation.get_language()}",
            "framed": framed,
            "imprint_lines": imprint_lines(imprint, known_language(translation.get_language())) if imprint else (),
            "imprint_url": "#imprint" if imprint else "",
            "privacy_url": imprint.privacy_url if imprint else "",
        }
        return _kept(render(request, "public/archive.html", context))


@public("GET a/<slug:code>/feed.xml", "archive-feed")
def feed(request: HttpRequest, code: str) -> HttpResponse:
    """Return the archive as an RSS 2.0 feed, of campaigns in several languages in the one that `language` names."""
    with _open(code) as open_archive:
        language = _asked_language(request) or open_archive.mailing_list.language
        rss = Rss201rev2Feed(
            title=open_archive.mailing_list.public_name,
            link=archive_url(code),
            description=open_archive.mailing_list.description or open_archive.account.name,
            language=language,
            feed_url=f"{archive_url(code)}feed.xml",
        )
        for issue in _issues(open_archive, language):
            rss.add_item(issue["subject"], issue["url"], "", unique_id=issue["url"], pubdate=issue["sent_at"])
        return _kept(HttpResponse(rss.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8"))


@public("GET a/<slug:code>/<str:mailing_id>/", "archive-issue")
def issue(request: HttpRequest, code: str, mailing_id: str) -> HttpResponse:
    """Show one campaign with empty personal parts. Its links lead straight to their targets: no click is counted."""
    canonical_id = parse_mailing_id(mailing_id)
    with _open(code) as open_archive:
        campaign = public_campaigns(open_archive.mailing_list).filter(mailing_id=canonical_id or "-").first()
        edition = _text_in(campaign, _asked_language(request)) if campaign is not None else None
        if campaign is None or edition is None:
            raise Http404
        try:
            written = public_page(edition.html, _values(open_archive, campaign, edition))
        except SourceRefused as refused:
            raise Http404 from refused
        if not written:
            raise Http404
    response = HttpResponse(_with_targets(written, open_archive.account.id, edition))
    response.headers["Content-Security-Policy"] = MESSAGE_POLICY
    response.headers["Content-Language"] = edition.language or campaign.language
    return _kept(response)


def _values(open_archive: OpenArchive, campaign: Campaign, edition: Edition) -> dict[str, object]:
    values = empty_values(campaign, edition, open_archive.account, open_archive.mailing_list)
    values |= dict.fromkeys(LINK_VARIABLES.values(), archive_url(open_archive.code))
    values[LINK_VARIABLES[LinkKind.POLL]] = link_prefix(load_settings().public_url, LinkKind.POLL) + IN_ARCHIVE
    values[LINK_VARIABLES[LinkKind.WEB_VIEW]] = issue_url(open_archive.code, campaign.mailing_id)
    return values


def _with_targets(html: str, account_id: int, edition: Edition) -> str:
    targets = {link["number"]: str(link["url"]) for link in edition.links}
    prefix = link_prefix(load_settings().public_url, LinkKind.CLICK)

    def target(match: re.Match[str]) -> str:
        claims = key_ring().open_token(TokenPurpose.CLICK, unescape(match[1]))
        if claims is None or (claims.account_id, claims.delivery_id) != (account_id, edition.id):
            return match[0]
        return escape(targets.get(claims.extra, match[0]))

    return re.sub(re.escape(prefix) + r"([0-9A-Za-z]{1,200})", target, html)
