"""What every installation begins with: the operator's own account and the agreements that ship with us."""

import hashlib
from pathlib import Path

from mailflatrate.apps.accounts.models import Account, AgreementDocument, AgreementKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings import load_settings

FOLDER = Path(__file__).parent / "agreements"
VERSION = "2026-11"


def ensure_shipped() -> None:
    """Create the house account and the shipped documents where they are missing. Safe to repeat."""
    with tenancy.platform(PlatformReason.SETUP):
        if not Account.objects.filter(is_house=True).exists():
            Account.objects.create(name=load_settings().service_name, is_house=True)
        for kind in AgreementKind:
            for path in sorted(FOLDER.glob(f"{kind.value}.*.md")):
                _ensure_document(kind, path)


def _ensure_document(kind: AgreementKind, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    AgreementDocument.objects.get_or_create(
        kind=kind,
        version=VERSION,
        language=path.name.split(".")[1],
        defaults={
            "title": text.partition("\n")[0].removeprefix("# "),
            "text": text,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "valid_from": clock.now(),
        },
    )
