"""The page that the mail to the address itself links to: a button to confirm, then the result."""

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.privacy.actions.address_change import can_undo, undo_move
from mailflatrate.apps.privacy.actions.requests import confirm
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.apps.privacy.models import DataRequestKind, DataRequestState, PrivacyRequest
from mailflatrate.apps.privacy.queries import shown_to_person
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.client import client_ip
from mailflatrate.entrypoints.public.reader import page_language
from mailflatrate.entrypoints.public.rights.data_request import private
from mailflatrate.entrypoints.public.rights.stored_data import receipts, sections
from mailflatrate.entrypoints.ui.field_words import value_words
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.mail.identifiers.tokens import TokenPurpose


@dataclass(frozen=True, slots=True)
class DataRequestLink:
    account: Account
    request: PrivacyRequest

    @property
    def open(self) -> bool:
        return self.request.state == DataRequestState.ASKED and self.request.expires_at >= clock.now()

    @property
    def readable(self) -> bool:
        """Return whether the data may be viewed: requested, confirmed, and not too long ago."""
        done = self.request.state in (DataRequestState.CONFIRMED, DataRequestState.DONE)
        return done and self.request.kind == DataRequestKind.ACCESS and self.request.expires_at >= clock.now()

    def context(self) -> dict[str, Any]:
        customer = {"name": self.account.name, "text": "", "colour": self.account.colour}
        return {
            "customer": customer,
            "asked": self.request,
            "kind": self.request.kind,
            "corrected": [
                (self.request.values["labels"].get(key, key), value_words(None, value))
                for key, value in self.request.values.get("fields", {}).items()
            ],
            "corrected_here": "fields" in self.request.values,
            "undoable": can_undo(self.request),
            "undone": "undone" in self.request.outcome,
            "returned": self.request.outcome.get("undone"),
        }


@contextmanager
def _asked(token: str) -> Iterator[DataRequestLink]:
    claims = key_ring().open_token(TokenPurpose.PRIVACY_REQUEST, token)
    if claims is None:
        raise Http404
    with tenancy.account(claims.account_id):
        data_request = PrivacyRequest.objects.filter(id=claims.delivery_id).first()
        account = Account.objects.filter(id=claims.account_id).first()
        if data_request is None or account is None:
            raise Http404
        with timezone.override(ZoneInfo(account.time_zone)):
            yield DataRequestLink(account, data_request)


@public("GET|POST r/<str:token>", "rights-request")
def request_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what will happen, or the result, on GET. Confirm on POST; repeating it changes nothing."""
    problem = ""
    if request.method == "POST":
        try:
            with _asked(token) as link, translation.override(page_language(request, link.request.language)):
                _act(request, link)
        except PrivacyError as refusal:
            problem = str(refusal)
    with _asked(token) as link, translation.override(page_language(request, link.request.language)):
        context = {**link.context(), "problem": problem}
        if link.open:
            return private(render(request, "public/rights/confirm.html", context))
        if not link.readable:
            return private(render(request, "public/rights/done.html", context))
    stored = shown_to_person(link.request)
    zone = link.account.time_zone
    with translation.override(page_language(request, link.request.language)), timezone.override(ZoneInfo(zone)):
        accounts = [(record["responsible"]["name"], sections(record), receipts(record)) for record in stored]
        context |= {"stored": accounts, "token": token, "zone": zone}
        return private(render(request, "public/rights/stored.html", context))


def _act(request: HttpRequest, link: DataRequestLink) -> None:
    if request.POST.get("act") == "undo":
        undo_move(link.request.id, ip=client_ip(request), user_agent=request.headers.get("User-Agent", ""))
    else:
        confirm(link.request.id, ip=client_ip(request), user_agent=request.headers.get("User-Agent", ""))


@public("GET r/<str:token>/data.json", "rights-json", values={"form": "json"})
@public("GET r/<str:token>/data.zip", "rights-zip", values={"form": "zip"})
def download(request: HttpRequest, token: str, form: str) -> HttpResponse:
    with _asked(token) as link:
        if not link.readable:
            raise Http404
    octets = json.dumps(shown_to_person(link.request), ensure_ascii=False, indent=1).encode()
    answer = HttpResponse(octets, content_type="application/json")
    if form == "zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("stored.json", octets)
        answer = HttpResponse(packed.getvalue(), content_type="application/zip")
    answer.headers["Content-Disposition"] = f'attachment; filename="my-data.{form}"'
    return private(answer)
