"""Service notices: sealed, queued once, in the reader's language, and only to people who still work here."""

import pytest
from django.db import IntegrityError

from mailflatrate.apps.accounts.actions import notices, people
from mailflatrate.apps.accounts.models import Notice, NoticeKind, Role, User
from mailflatrate.apps.accounts.service_mail import ServiceMail
from mailflatrate.base import tenancy
from mailflatrate.base.tenancy import NoPlatform, PlatformReason
from mailflatrate.mail.signing.vault import VaultError
from support.customers import Customer
from support.people import person
from support.scope import rows

FACTS = {"account": "Lindenhof", "text": "Hello", "url": "https://x.example/"}


def sent_to(email: str) -> list[Notice]:
    return list(rows(PlatformReason.OPERATOR_DESK, Notice).filter(recipient=email).order_by("id"))


def test_the_text_is_sealed_for_its_recipient_and_has_no_marks(anna: Customer) -> None:
    text = "one\x00 two\nthree"
    notice = notices.send_notice(
        anna.account_id, NoticeKind.TEAM, "dora@people.example", subject="Hi", text=text, language="en"
    )
    assert "three" not in notice.text_sealed
    assert notice.text.splitlines()[-1] == "three" and "\x00" not in notice.text
    notice.recipient = "eve@people.example"
    with pytest.raises(VaultError):
        _ = notice.text


def test_each_owner_reads_it_in_their_language_and_no_one_else_gets_it(anna: Customer) -> None:
    otto, vera = person(anna.account_id, "Otto"), person(anna.account_id, "Vera", Role.EDITOR)
    with tenancy.access():
        User.objects.filter(id=otto.id).update(language="de")
    gone = person(anna.account_id, "Ben")
    with tenancy.access():
        User.objects.filter(id=gone.id).update(is_active=False)
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        notices.tell_owners(anna.account_id, NoticeKind.ACCOUNT_STATUS, "accounts/mail/desk_reply", FACTS)
    assert [row.language for row in sent_to(anna.owner.email)] == ["en"]
    assert [row.language for row in sent_to(otto.email)] == ["de"]
    assert sent_to(vera.email) == sent_to(gone.email) == []
    assert sent_to(otto.email)[0].account_id == people.house_account().id


def test_owners_are_told_by_the_platform_only(anna: Customer) -> None:
    with tenancy.account(anna.account_id), pytest.raises(NoPlatform):
        notices.tell_owners(anna.account_id, NoticeKind.ACCOUNT_STATUS, "accounts/mail/desk_reply", FACTS)


def test_an_answer_to_a_report_goes_to_its_reporter_alone() -> None:
    mail = ServiceMail("Re", "Hello", "en")
    with pytest.raises(IntegrityError), tenancy.platform(PlatformReason.OPERATOR_DESK):
        notices.answer_report(10**9, "eve@people.example", mail, reply_to="case@x.example")
    assert sent_to("eve@people.example") == []
