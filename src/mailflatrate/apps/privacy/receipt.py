"""Collects the receipt of one confirmation from the ledger, and signs it (`rules.proof.receipt`)."""

import uuid
from collections.abc import Sequence
from typing import Any

from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.consent.signing_keys import KEYS_PATH, key_in_use, private_key
from mailflatrate.apps.forms.models import FormVersion
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.apps.lists.queries import lists_of
from mailflatrate.apps.privacy.certificate.build import proof_events
from mailflatrate.base import clock, tenancy
from mailflatrate.base.ids import key_ring
from mailflatrate.locale.formats import formats_of
from mailflatrate.mail.identifiers.tokens import TokenPurpose
from mailflatrate.rules.forms import frozen_from_json
from mailflatrate.rules.imprint.lines import ImprintLine
from mailflatrate.rules.proof.receipt import ReceiptController, ReceiptList, build_receipt
from mailflatrate.rules.proof.record import moment_text
from mailflatrate.rules.proof.signature import sign_receipt
from mailflatrate.settings.schema import load_settings

RECEIPT_PATH = "/receipt/"


def receipt_path(account_id: int, event_id: int) -> str:
    """Return the path of the receipt's page; only the person who gave the consent should get it."""
    return RECEIPT_PATH + key_ring().seal(TokenPurpose.RECEIPT, account_id, event_id)


@tenancy.needs_account
def consent_receipt(event_id: int) -> dict[str, Any] | None:
    """Return the signed receipt of a confirmation on a form; None if there is none, or the person was erased."""
    first = ConsentEvent.objects.select_related("evidence").filter(id=event_id, kind=ConsentKind.CONFIRMED).first()
    details = _details(first)
    version = FormVersion.objects.filter(form_id=details.get("form", 0), sha256=details.get("form_sha256", "")).first()
    key = key_in_use()
    if first is None or version is None or key is None:
        return None
    url = load_settings().public_url
    receipt = build_receipt(
        str(uuid.uuid5(uuid.NAMESPACE_URL, url + receipt_path(first.account_id, first.id))),
        _receipt_lists(_same_confirmation(first, details.get("request"))),
        _controller(version, str(details.get("language"))),
        issued_at=moment_text(clock.now()),
        keys_url=f"{url}{KEYS_PATH}",
    )
    return {**receipt, "signature": sign_receipt(private_key(key), receipt)}


def receipts_of(contact_id: int) -> list[dict[str, str]]:
    receipts: dict[Any, dict[str, str]] = {}
    rows = ConsentEvent.objects.filter(contact_id=contact_id, kind=ConsentKind.CONFIRMED, evidence__isnull=False)
    for row in rows.select_related("evidence").order_by("id"):
        details = row.evidence.details
        if details.get("form_sha256"):
            path = receipt_path(row.account_id, row.id)
            receipts.setdefault(details.get("request"), {"at": row.occurred_at.isoformat(), "path": path})
    return list(receipts.values())[::-1]


def _details(event: ConsentEvent | None) -> dict[str, Any]:
    evidence = getattr(event, "evidence", None)
    return evidence.details if evidence is not None else {}


def _same_confirmation(first: ConsentEvent, request_id: Any) -> list[ConsentEvent]:
    """Return the confirmations of one press of the button: one for each list that was ticked."""
    rows = ConsentEvent.objects.filter(
        contact_id=first.contact_id,
        kind=ConsentKind.CONFIRMED,
        occurred_at=first.occurred_at,
        evidence__details__request=request_id,
    )
    return list(rows.order_by("id"))


def _receipt_lists(confirmations: Sequence[ConsentEvent]) -> list[ReceiptList]:
    lists = lists_of(confirmations)
    return [
        ReceiptList(
            lists[row.mailing_list_id].public_name,
            row.id,
            [event for event, _salt in proof_events(row.contact_id, lists[row.mailing_list_id].id)],
        )
        for row in confirmations
    ]


def _controller(version: FormVersion, language: str) -> ReceiptController:
    frozen = frozen_from_json(version.content)
    spoken = frozen.language(language)
    colon = formats_of(spoken).colon
    lines = tuple(str(ImprintLine("", label, text, colon)) for label, text in frozen.frozen[spoken].imprint)
    return ReceiptController(frozen.company, lines, frozen.privacy_url, version.account.country)
