"""Agreements and the policy: exactly the documents that were shown are agreed to, and every text is kept."""

import itertools

import pytest

from mailflatrate.apps.accounts.actions import agreements
from mailflatrate.apps.accounts.actions.agreements import LONGEST_USER_AGENT, Circumstances
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import (
    Acceptance,
    Acknowledgement,
    AgreementDocument,
    AgreementKind,
    Imprint,
    Occasion,
    Role,
)
from mailflatrate.apps.accounts.queries import current_documents, documents_to_read
from mailflatrate.base import tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import NoAccount, PlatformReason
from support.customers import IMPRINT, Customer
from support.people import operator, person
from support.scope import rows

WHERE = Circumstances(ip="192.0.2.7", user_agent="Firefox " * 200)
VERSIONS = itertools.count(1)


def acceptances(anna: Customer) -> list[tuple[int, str | None, str]]:
    return list(rows(anna, Acceptance).order_by("id").values_list("document_id", "ip", "user_agent"))


def test_an_acceptance_names_every_document_in_force_and_where_it_was_given(anna: Customer) -> None:
    agreements.accept_agreements(anna.account_id, anna.owner, ip=WHERE.ip, user_agent=WHERE.user_agent)
    in_force = [row.id for row in current_documents(anna.owner.language)]
    assert [row[0] for row in acceptances(anna)] == in_force and in_force
    assert {(ip, len(browser)) for _id, ip, browser in acceptances(anna)} == {("192.0.2.7", LONGEST_USER_AGENT)}
    line = rows(PlatformReason.OPERATOR_DESK, AuditEntry).get(account_id=anna.account_id, action="agreements.accepted")
    assert {kind: row[2] for kind, row in line.details.items()} == {
        row.kind: row.sha256 for row in current_documents(anna.owner.language)
    }


def test_reading_what_was_not_shown_records_nothing(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        due = [row.id for row in documents_to_read(anna.owner)]
        for shown in ([], due[1:], [*due, 10**9]):
            with pytest.raises(AccountError, match="has changed in the meantime"):
                agreements.read_documents(anna.owner, shown, WHERE, owner=True)
    assert acceptances(anna) == []


def test_an_owner_agrees_for_the_account_and_a_colleague_only_has_read(anna: Customer) -> None:
    ben = person(anna.account_id, "Ben", Role.EDITOR)
    with tenancy.account(anna.account_id):
        for user, owner in ((ben, False), (anna.owner, True)):
            due = documents_to_read(user)
            assert due
            agreements.read_documents(user, [row.id for row in due], WHERE, owner=owner)
            assert documents_to_read(user) == []
        read = Acknowledgement.objects.filter(user=ben)
        assert {row.occasion for row in read} == {Occasion.SIGN_IN}
        assert set(Acceptance.objects.values_list("user_id", flat=True)) == {anna.owner.id}


def test_the_policy_is_confirmed_for_exactly_one_content(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        row = agreements.acknowledge_policy(Occasion.IMPORT, 7, "a" * 64, by=anna.owner, where=WHERE)
        assert row.document.kind == AgreementKind.POLICY
    line = rows(PlatformReason.OPERATOR_DESK, AuditEntry).get(account_id=anna.account_id, action="policy.ticked")
    assert line.details["content"] == "a" * 64 and line.details["sha256"] == row.document.sha256


def test_no_policy_is_confirmed_outside_an_account(anna: Customer) -> None:
    with pytest.raises(NoAccount):
        agreements.acknowledge_policy(Occasion.IMPORT, 7, "a" * 64, by=anna.owner, where=WHERE)


@pytest.mark.parametrize("text", ["", "No title", "# ", "# Title only", "# Title\n  \n", "Text\n# Title\n"])
def test_a_document_without_title_and_text_is_not_published(text: str) -> None:
    before = rows(PlatformReason.OPERATOR_DESK, AgreementDocument).count()
    with pytest.raises(AccountError, match="# Title"), tenancy.platform(PlatformReason.OPERATOR_DESK):
        texts = [("en", "# Terms\n\nAll of it."), ("de", text)]
        agreements.publish_documents(AgreementKind.TERMS, f"bad-{next(VERSIONS)}", texts, by=operator())
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        assert AgreementDocument.objects.count() == before, "neither language is published without the other"


def test_a_published_version_is_never_published_again() -> None:
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        used = AgreementDocument.objects.filter(kind=AgreementKind.TERMS).values_list("version", flat=True)[0]
        with pytest.raises(AccountError, match="already exists"):
            agreements.publish_documents(AgreementKind.TERMS, used, [("en", "# T\n\nOther text.")], by=operator())


def test_every_imprint_is_kept_under_its_version(anna: Customer) -> None:
    for phone in ("+49 431 1", "+49 431 2"):
        agreements.save_imprint(anna.account_id, country="DE", fields=IMPRINT | {"phone": phone}, by=anna.owner)
    with tenancy.account(anna.account_id):
        found = Imprint.objects.order_by("version").values_list("version", "fields__phone", "created_by_id")
        assert list(found) == [(1, "+49 431 1", anna.owner.id), (2, "+49 431 2", anna.owner.id)]
