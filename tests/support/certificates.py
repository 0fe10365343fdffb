"""A person whose consent is on record with every element, one who was imported, and the certificates of both."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.signing_keys import key_history
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.apps.privacy.certificate.build import build_certificate
from mailflatrate.apps.privacy.certificate.pdf import certificate_json
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.rules.proof.certificate import read_certificate
from support.contact_files import file_of, line
from support.customers import Customer, customer_with_members

AGENT = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
PAGE = "https://mail.example/confirm/"
FORM = {
    "request": 7, "kind": "form", "form": "Newsletter", "form_code": "k3x", "form_version": 4, "form_sha256": "ab" * 32,
    "wording": "Ja, ich möchte „News“ <b>lesen</b>.\n\nJederzeit widerruflich.", "language": "de",
    "ticked": ["consent"], "page": "https://anna.example/kontakt", "proof": "work", "share": 1.50,
}  # fmt: skip


class Signed:
    """Dora signed up by one of our forms, was asked by email and confirmed; Emil came by an import."""

    def __init__(self) -> None:
        self.anna: Customer = customer_with_members()
        self.anna.bring(file_of(line("emil@posteo.de", "Emil")).getvalue())
        self.anna.bring(file_of(line("dora@posteo.de", confirmed="")).getvalue())  # known, in quarantine
        self.dora, self.emil = (self.anna.contact(f"{name}@posteo.de").id for name in ("dora", "emil"))
        self.account_id, self.list_id = self.anna.account_id, self.anna.list_id
        with tenancy.account(self.account_id):
            self._sign_up()
        ledger_seals.seal_ledger()

    def _sign_up(self) -> None:
        now = clock.now() - timedelta(days=3)
        first = ledger.EventEvidence(
            "dora@posteo.de",
            signup_at=now,
            signup_ip="203.0.113.9",
            source="https://mail.example/f/k3x",
            user_agent=AGENT,
            details=FORM,
        )
        asked = ledger.append(self.dora, self.list_id, ConsentKind.REQUESTED, now, first)
        mail = {
            "request": 7,
            "message_id": "<c.1@mail.example>",
            "sent_at": now.isoformat(),
            "body_sha256": "cd" * 32,
            "reply": "250 2.0.0 Ok: queued as 4XyZ",
        }
        sent = ledger.append(
            self.dora,
            self.list_id,
            ConsentKind.CONFIRMATION_SENT,
            now,
            ledger.EventEvidence("dora@posteo.de", details=mail),
        )
        last = ledger.EventEvidence(
            "dora@posteo.de",
            signup_at=now,
            signup_ip="203.0.113.9",
            confirmed_at=now + timedelta(minutes=4),
            confirmed_ip="2001:db8::1",
            source="https://mail.example/f/k3x",
            user_agent=AGENT,
            details={**FORM, "token": "9f" * 16, "answered_on": PAGE, "requested_event": asked, "sent_event": sent},
        )
        ledger.append(self.dora, self.list_id, ConsentKind.CONFIRMED, now + timedelta(minutes=4), last)

    def certificate(self, contact_id: int | None = None, language: str = "en") -> dict[str, Any]:
        """As a file holds it."""
        with tenancy.account(self.account_id):
            made = build_certificate(contact_id or self.dora, self.list_id, language=language)
        return read_certificate(certificate_json(made))


def keys_file(folder: Path) -> Path:
    """Save the service's published keys to a file, as a verifier would."""
    file = folder / "keys.json"
    file.write_text(json.dumps(key_history()))
    return file


def verified(certificate: dict[str, Any], folder: Path, *options: str) -> Result:
    """`mailflatrate consent verify` on a certificate as a file."""
    file = folder / "certificate.json"
    file.write_text(json.dumps(certificate))
    return CliRunner().invoke(cli, ["consent", "verify", str(file), *options])
