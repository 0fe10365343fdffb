"""Agreements, policy acknowledgements, and the imprint."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import (
    Acceptance,
    Account,
    Acknowledgement,
    AgreementDocument,
    AgreementKind,
    Imprint,
    Occasion,
    User,
)
from mailflatrate.apps.accounts.queries import current_documents, documents_to_read
from mailflatrate.base import audit, clock, tenancy

LONGEST_USER_AGENT = 500


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where an agreement was given from: the client's address, None if unknown, and the browser."""

    ip: str | None
    user_agent: str


@dataclass(frozen=True, slots=True)
class PolicyConfirmation:
    by: User
    where: Circumstances


def accept_agreements(account_id: int, user: User, *, ip: str | None, user_agent: str) -> None:
    """Record that `user` accepted the current version of every document on behalf of the account (R-04, R-92)."""
    with tenancy.account(account_id):
        documents = current_documents(user.language)
        for document in documents:
            Acceptance.objects.create(document=document, user=user, ip=ip, user_agent=user_agent[:LONGEST_USER_AGENT])
        audit.record(
            "agreements.accepted",
            by=audit.person(user),
            account_id=account_id,
            details={row.kind: [row.version, row.language, row.sha256] for row in documents},
        )


@tenancy.needs_account
def read_documents(user: User, document_ids: Sequence[int], where: Circumstances, *, owner: bool) -> None:
    """`document_ids`: as shown; owners agree for the account too. Raises AccountError if a newer one is in force."""
    due = documents_to_read(user)
    if {row.id for row in due} != set(document_ids):
        raise AccountError(_("One of the texts has changed in the meantime. Read it again."))
    if owner:
        accept_agreements(tenancy.current_account_id(), user, ip=where.ip, user_agent=where.user_agent)
        return
    for row in due:
        Acknowledgement.objects.create(
            document=row, user=user, occasion=Occasion.SIGN_IN, subject_id=row.id, content_hash=row.sha256,
            at=clock.now(), ip=where.ip, user_agent=where.user_agent[:LONGEST_USER_AGENT],
        )  # fmt: skip
    audit.record(
        "agreements.read",
        by=audit.person(user),
        account_id=tenancy.current_account_id(),
        details={row.kind: [row.version, row.language, row.sha256] for row in due},
    )


@tenancy.needs_account
def acknowledge_policy(
    occasion: Occasion, subject_id: int, content_hash: str, *, by: User, where: Circumstances
) -> Acknowledgement:
    """Record the tick of the policy for exactly this content (R-04). Raises AccountError if no policy is in force."""
    document = next((row for row in current_documents(by.language) if row.kind == AgreementKind.POLICY), None)
    if document is None:
        raise AccountError(_("No anti-spam policy is in force yet. Contact us."))
    row = Acknowledgement.objects.create(
        document=document, user=by, occasion=occasion, subject_id=subject_id, content_hash=content_hash,
        at=clock.now(), ip=where.ip, user_agent=where.user_agent[:LONGEST_USER_AGENT],
    )  # fmt: skip
    audit.record(
        "policy.ticked",
        by=audit.person(by),
        account_id=tenancy.current_account_id(),
        subject=f"{occasion.value}:{subject_id}",
        details={"version": document.version, "sha256": document.sha256, "content": content_hash},
    )
    return row


@tenancy.needs_platform
def publish_documents(kind: AgreementKind, version: str, texts: Sequence[tuple[str, str]], *, by: User) -> None:
    """`texts`: (language, Markdown with the title in its first line). Users are asked at the next sign-in, and nothing
    is sent before an owner accepts (R-04). Raises AccountError for a used version, or without a title.
    """
    if AgreementDocument.objects.filter(kind=kind, version=version).exists():
        raise AccountError(
            _("Version %(version)s already exists. Published versions can't be changed.") % {"version": version}
        )
    now, hashes = clock.now(), {}
    for language, text in texts:
        title = text.partition("\n")[0].removeprefix("# ").strip()
        if not text.startswith("# ") or not title or not text.partition("\n")[2].strip():
            raise AccountError(_("Start the text with a line “# Title” and put the document below it."))
        hashes[language] = hashlib.sha256(text.encode()).hexdigest()
        AgreementDocument.objects.create(
            kind=kind,
            version=version,
            language=language,
            title=title,
            text=text,
            sha256=hashes[language],
            valid_from=now,
        )
    audit.record("document.published", by=audit.person(by), subject=f"{kind.value}:{version}", details=hashes)


def save_imprint(account_id: int, *, country: str, fields: dict[str, str], by: User | None) -> Imprint:
    """Save a new version of the imprint; earlier ones are kept for the campaigns that showed them (R-44)."""
    with tenancy.account(account_id):
        Account.objects.select_for_update().get(id=account_id)
        newest = Imprint.objects.order_by("-version").first()
        return Imprint.objects.create(
            version=newest.version + 1 if newest else 1, country=country, fields=fields, created_by=by
        )
