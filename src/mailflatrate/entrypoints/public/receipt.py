"""The receipt of a consent: a page, and signed JSON. Only someone who proved that they read the mailbox gets the link.
A GET changes nothing.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone, translation

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.accounts.queries import current_account
from mailflatrate.apps.consent.signing_keys import KEYS_PATH, key_history
from mailflatrate.apps.privacy.receipt import RECEIPT_PATH, consent_receipt
from mailflatrate.base import tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.entrypoints.presenters.language import language_name
from mailflatrate.entrypoints.public.reader import logo_path, page_language
from mailflatrate.entrypoints.public.rights.data_request import private
from mailflatrate.entrypoints.ui.pages import public
from mailflatrate.entrypoints.ui.source_labels import source_word
from mailflatrate.locale.formats import written_moment
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.proof.elements import ProofStep, box_names, element_name, step_name
from mailflatrate.rules.proof.receipt import method_sentence

_MOMENTS = {"signed_up_at", "sent_at", "confirmed_at"}
_NOT_SHOWN = {"address", "wording", "body_sha256", "reply", "token"}
"""Shown above, or of use only to programs: the file has them."""
Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class OpenReceipt:
    account: Account
    receipt: Mapping[str, Any]


@contextmanager
def _open(token: str) -> Iterator[OpenReceipt]:
    claims = key_ring().open_token(TokenPurpose.RECEIPT, token)
    if claims is None:
        raise Http404
    with tenancy.account(claims.account_id):
        receipt = consent_receipt(claims.delivery_id)
        if receipt is None:
            raise Http404
        account = current_account()
        with timezone.override(ZoneInfo(account.time_zone)):
            yield OpenReceipt(account, receipt)


@public(f"GET {RECEIPT_PATH[1:]}<str:token>", "consent-receipt")
def receipt_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the receipt. It is gone once the person's data is erased."""
    with (
        _open(token) as open_receipt,
        translation.override(page_language(request, str(open_receipt.receipt["language"]))),
    ):
        receipt, account = open_receipt.receipt, open_receipt.account
        language = known_language(translation.get_language())
        controller = receipt["piiControllers"][0]
        context = {
            "customer": {"name": account.name, "text": "", "colour": account.colour, "logo_url": logo_path()},
            "imprint_lines": controller["imprint"],
            "imprint_url": "#imprint",
            "privacy_url": receipt["policyUrl"],
            "company": controller["piiController"],
            "method": method_sentence(receipt["requested_through"], controller["piiController"], language),
            "receipt": receipt,
            "services": [_service(service, language, account.time_zone) for service in receipt["services"]],
            "token": token,
        }
        return _private(render(request, "public/receipt.html", context))


@public(f"GET {RECEIPT_PATH[1:]}<str:token>/receipt.json", "consent-receipt-json")
def download(_request: HttpRequest, token: str) -> HttpResponse:
    with _open(token) as open_receipt:
        octets = json.dumps(open_receipt.receipt, ensure_ascii=False, indent=1).encode()
    answer = HttpResponse(octets, content_type="application/json")
    answer.headers["Content-Disposition"] = 'attachment; filename="consent-receipt.json"'
    return _private(answer)


def _private(answer: HttpResponse) -> HttpResponse:
    answer.headers["Referrer-Policy"] = "no-referrer"
    return private(answer)


def _service(service: Mapping[str, Any], language: str, zone: str) -> dict[str, Any]:
    withdrawn = service["withdrawn_at"]
    return {
        "name": service["service"],
        "wording": service["purposes"][0]["purpose"],
        "steps": [
            (step_name(step, language), _rows(service["proof"], step, language, zone))
            for step in (ProofStep.SIGN_UP, ProofStep.MAIL, ProofStep.CONFIRMATION)
        ],
        "page": service["page"],
        "withdrawn": _written(withdrawn, language, zone) if withdrawn else "",
    }


def _rows(proof: Sequence[Mapping[str, Any]], step: ProofStep, language: str, zone: str) -> Rows:
    rows = []
    for step_fact in proof:
        key, value = step_fact["key"], step_fact["value"]
        if step_fact["step"] == step.value and value is not None and key not in _NOT_SHOWN:
            text = _written(value, language, zone) if key in _MOMENTS else _word(key, value, language)
            rows.append((element_name(key, language), text))
    return rows


def _word(key: str, value: str, language: str) -> str:
    if key == "ticked":
        return box_names(value, language)
    return language_name(value) if key == "language" else source_word(value)


def _written(moment: str, language: str, zone: str) -> str:
    return written_moment(datetime.fromisoformat(moment), language, zone)


FRESH_SECONDS = 3_600


@public(f"GET {KEYS_PATH[1:]}", "signing-keys")
def signing_keys(_request: HttpRequest) -> JsonResponse:
    """Return every public key ever used, with its signing period. Anyone may read it from any page."""
    return JsonResponse(
        key_history(),
        json_dumps_params={"indent": 1},
        headers={"Cache-Control": f"public, max-age={FRESH_SECONDS}", "Access-Control-Allow-Origin": "*"},
    )
