"""Test sends of a transactional template with its sample data: to people of the account and confirmed mailboxes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Notice, NoticeKind, User
from mailflatrate.apps.accounts.models.notices import seal_text
from mailflatrate.apps.accounts.rights import require
from mailflatrate.apps.campaigns.errors import CampaignInputError
from mailflatrate.apps.gate.test_quota import TestContent, keep_within_the_day, queue_test
from mailflatrate.apps.gate.test_recipients import checked_recipients
from mailflatrate.apps.gate.test_send import MOST_MESSAGES, MOST_SHOWN
from mailflatrate.apps.transactional.actions.templates import write_version
from mailflatrate.apps.transactional.errors import TransactionalError
from mailflatrate.apps.transactional.models import TemplateVersion
from mailflatrate.apps.transactional.queries import is_proved
from mailflatrate.base import audit, tenancy
from mailflatrate.rules.roles import Permission


@dataclass(frozen=True, slots=True)
class TemplateTest:
    version_id: int
    parts: tuple[str, str, str]
    values: Mapping[str, Any]


@tenancy.needs_account
@transaction.atomic
def send_template_test(version_id: int, recipients: Sequence[str], *, account_name: str, by: User) -> list[Notice]:
    """To some of `test_addresses`, in any state, as a service notice (R-25, R-32), within the limits of tests. Raises
    CampaignError for other or too many addresses, TransactionalError for a version that can't be sent.
    """
    require(by, Permission.DRAFT)
    addresses = checked_recipients(recipients)
    if not 0 < len(addresses) <= MOST_MESSAGES:
        raise CampaignInputError(_("Choose one to %(most)d addresses.") % {"most": MOST_MESSAGES})
    version = TemplateVersion.objects.select_related("template", "sender__domain").get(id=version_id)
    if not is_proved(version.sender):
        raise TransactionalError(_("Choose a verified sender first. A test comes from it."))
    written = write_version(version, account_name)
    keep_within_the_day(addresses)
    sources = written.sources
    kept = {"version": version.id, "parts": [sources.subject, sources.html, sources.text], "values": written.values}
    text = json.dumps(kept, ensure_ascii=False)
    notices = [
        queue_test(address, TestContent(template_version_id=version.id, text_sealed=seal_text(text, address)))
        for address in addresses
    ]
    audit.record(
        "transactional.test_sent",
        by=audit.person(by),
        account_id=version.account_id,
        subject=f"template_version:{version.id}",
        details={"template": version.template.key, "version": version.number, "messages": len(notices)},
    )
    return notices


def read_template_test(notice: Notice) -> TemplateTest:
    """Return what a test of a template shows. Raises VaultError if it wasn't sealed for this recipient."""
    kept = json.loads(notice.marked_text)
    subject, html, text = kept["parts"]
    return TemplateTest(kept["version"], (subject, html, text), kept["values"])


def last_template_tests(template_id: int) -> list[Notice]:
    """Return the last tests of a template, newest first. A limited member sees none of them."""
    versions = TemplateVersion.objects.filter(template=template_id).values("id")
    tests = Notice.objects.filter(kind=NoticeKind.TEST, template_version_id__in=versions)
    return list(tests.order_by("-id")[:MOST_SHOWN])
