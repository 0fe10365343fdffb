"""Initial data of every installation: the operator's own account and the agreements we ship."""

import hashlib
from pathlib import Path

from mailflatrate.apps.accounts.models import Account, AgreementDocument, AgreementKind
from mailflatrate.base import clock, tenancy
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.settings import load_settings

FOLDER = Path(__file__).parent / "agreements"
VERSION = "2026-12"


def ensure_shipped() -> None:
    """Create our own account and the documents that have no text at all. Texts in force stay, because a new version
    asks every customer again: the operator publishes it at the desk. Safe to repeat.
    """
    with tenancy.platform(PlatformReason.SETUP):
        if not Account.objects.filter(is_house=True).exists():
            Account.objects.create(name=load_settings().service_name, is_house=True)
        for kind in AgreementKind:
            if not AgreementDocument.objects.filter(kind=kind).exists():
                for path in sorted(FOLDER.glob(f"{kind.value}.*.md")):
                    _ship(kind, path)


def _ship(kind: AgreementKind, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    AgreementDocument.objects.create(
        kind=kind,
        version=VERSION,
        language=path.name.split(".")[1],
        title=text.partition("\n")[0].removeprefix("# "),
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        valid_from=clock.now(),
    )
