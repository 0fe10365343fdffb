"""The page behind a confirmation mail: yes or no (R-33). GET and HEAD change nothing, as scanners follow every link."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from mailflatrate.apps.accounts.facts import structured_imprint
from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.delivery.queries import delivery_of_confirmation
from mailflatrate.apps.forms.actions import confirm_or_deny
from mailflatrate.apps.forms.actions.confirm_or_deny import AnsweredRequest
from mailflatrate.apps.forms.facts import (
    asked_lists,
    asks_tracking,
    confirmed_lists,
    entered_at,
    entered_on,
    still_valid,
    tracking_text,
)
from mailflatrate.apps.forms.models import TRACKING, ConfirmationRequestKind, ConfirmationRequestState, SignupRequest
from mailflatrate.apps.forms.queries import allowed_redirects, newest_imprint
from mailflatrate.apps.privacy.receipt import receipt_path
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.presenters.signup.embeds import FACES
from mailflatrate.entrypoints.public.reader import page_language
from mailflatrate.entrypoints.ui.content_policy import allow_picture, allow_redirect
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.locale.formats import written_moment
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.mail.links import LinkKind, link_prefix
from mailflatrate.rules.forms import Font, content_from_json, frozen_from_json
from mailflatrate.rules.imprint import imprint_lines
from mailflatrate.settings.schema import load_settings

MOST_BOXES = 50
ANSWERS = {"yes": True, "no": False}


@public("GET|POST confirm/<str:token>", "signup-confirm")
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show the question on GET; record the answer once on POST. A settled request shows its result."""
    ids = confirm_or_deny.find_request(token)
    if ids is None:
        with translation.override(page_language(request, translation.get_language_from_request(request))):
            return _no_store(render(request, "public/signup/gone.html", {}, status=404))
    account_id, request_id = ids
    with tenancy.account(account_id):
        answer = ANSWERS.get(request.POST.get("answer", ""))
        if request.method == "POST" and answer is not None:
            answered = confirm_or_deny.answer(
                request_id,
                yes=answer,
                ip=client_ip(request),
                user_agent=request.headers.get("User-Agent", ""),
                page=request.build_absolute_uri(request.path.removesuffix(token)),
                tracking=bool(request.POST.get(TRACKING)),
                list_ids=_numbers(request.POST.getlist("list")[:MOST_BOXES]),
            )
            if answered is AnsweredRequest.UNCHOSEN:
                return _no_store(_shown(request, request_id, unchosen=True))
            own_page = _redirect(request_id) if answered is AnsweredRequest.CONFIRMED else ""
            return _no_store(HttpResponse(status=303, headers={"Location": own_page or request.get_full_path()}))
        return _no_store(_shown(request, request_id))


def _redirect(request_id: int) -> str:
    version = SignupRequest.objects.select_related("version").get(id=request_id).version
    return allowed_redirects(content_from_json(version.content["content"])).welcome if version is not None else ""


def _numbers(posted: Sequence[str]) -> set[int]:
    return {int(number) for number in posted if number.isascii() and number.isdecimal() and len(number) < 19}


def _no_store(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


TEMPLATES = {ConfirmationRequestState.CONFIRMED: "welcome.html", ConfirmationRequestState.DENIED: "denied.html"}


def _shown(request: HttpRequest, request_id: int, *, unchosen: bool = False) -> HttpResponse:
    related = SignupRequest.objects.select_related("version", "mailing_list", "contact", "stand")
    asked = related.get(id=request_id)
    account = Account.objects.get(id=asked.account_id)
    language = page_language(request, asked.language)
    template = (
        "confirm.html" if still_valid(asked) else TEMPLATES.get(ConfirmationRequestState(asked.state), "gone.html")
    )
    with translation.override(language), timezone.override(account.time_zone):
        context = {**_context(asked, account, language), "unchosen": unchosen}
        allow_picture(request, context["customer"]["logo_url"])
        allow_redirect(request, _redirect(request_id))
        return render(request, f"public/signup/{template}", context, status=422 if unchosen else 200)


def _context(asked: SignupRequest, account: Account, language: str) -> dict[str, Any]:
    frozen = frozen_from_json(asked.version.content) if asked.version else None
    imprint = structured_imprint(newest_imprint())
    style = frozen.content.style if frozen else None
    own = frozen.language(language) if frozen else language
    is_confirmed = asked.state == ConfirmationRequestState.CONFIRMED
    lists = confirmed_lists(asked) if is_confirmed else asked_lists(asked)
    context: dict[str, Any] = {
        "customer": {
            "name": account.name,
            "colour": style.colour if style else account.colour,
            "text": frozen.list_name if frozen else asked.mailing_list.public_name,
            "logo_url": style.logo_url if style else "",
            "face": FACES[style.font if style else Font.SANS],
        },
        "imprint_lines": imprint_lines(imprint, language) if imprint else (),
        "imprint_url": "#imprint" if imprint else "",
        "privacy_url": frozen.privacy_url if frozen else imprint.privacy_url if imprint else "",
        "address": asked.email,
        "list_name": ", ".join(mailing_list.name for mailing_list in lists),
        "choices": lists if asked.further else (),
        "when": written_moment(entered_at(asked), language, account.time_zone),
        "source": entered_on(asked),
        "kind": ConfirmationRequestKind(asked.kind),
        "wording": lists[0].wording,
        "tracking": tracking_text(asked) if asks_tracking(asked) else "",
        "texts": frozen.texts(own) if frozen else None,
    }
    if is_confirmed:
        if asked.version_id is not None and asked.confirmed_event_id is not None:
            context["receipt_url"] = receipt_path(asked.account_id, asked.confirmed_event_id)
        context["preferences_url"] = _link(asked, LinkKind.PREFERENCES, TokenPurpose.PREFERENCES)
        if len(lists) == 1 and lists[0].list_id == asked.mailing_list_id:  # the list that the link leaves
            context["unsubscribe_url"] = _link(asked, LinkKind.UNSUBSCRIBE, TokenPurpose.UNSUBSCRIBE)
    return context


def _link(asked: SignupRequest, kind: LinkKind, purpose: TokenPurpose) -> str:
    delivery = delivery_of_confirmation(asked.id)
    if delivery is None:
        return ""
    return link_prefix(load_settings().public_url, kind) + key_ring().seal(purpose, asked.account_id, delivery.id)
