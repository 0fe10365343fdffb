"""DNS records to publish, with the result of the last check."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.domains import queries
from mailflatrate.apps.domains.actions import domains
from mailflatrate.apps.domains.models import CheckKind, DkimKey, DnsCheck, SenderDomain
from mailflatrate.apps.domains.records import DnsRecord, dkim_record
from mailflatrate.rules.facts import DnsState

PURPOSES = {
    CheckKind.DKIM: gettext_lazy("Lets your readers' mail servers check that a message really comes from you."),
    CheckKind.SPF: gettext_lazy("Allows our servers to send with your return path."),
    CheckKind.MX: gettext_lazy("Returns bounces to us, so we stop sending to dead addresses."),
    CheckKind.DMARC: gettext_lazy(
        "Tells mail servers what to do with forged messages. If you already have a valid record, keep it."
    ),
}
NEXT_KEY = gettext_lazy(
    "We renew keys twice a year. Publish this record alongside the current one. Once we see it, we'll sign with "
    "the new key."
)
EARLIER_KEY = gettext_lazy("Some messages signed with this key are still on their way. Keep its record for seven days.")
WRONG = {
    CheckKind.DKIM: gettext_lazy(
        "There is a record, but with a different key. Replace its value with the expected one."
    ),
    CheckKind.SPF: gettext_lazy(
        "The record doesn't allow our servers to send, or there is more than one. Keep one record, with the "
        "expected value."
    ),
    CheckKind.MX: gettext_lazy("Mail for this name goes somewhere else. Replace the record with the expected one."),
    CheckKind.DMARC: gettext_lazy("There is more than one policy, so mail servers ignore them all. Keep only one."),
}


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record to publish and the result of the last check. `state` is one of the check component's values."""

    record: DnsRecord
    label: str
    purpose: str
    state: str
    found: str
    advice: str


def record_rows(domain: SenderDomain) -> list[RecordRow]:
    """Return a domain's records, open ones first, otherwise in the order in which pages explain them."""
    checks = {check.kind: check for check in DnsCheck.objects.filter(domain=domain)}
    rows = [_row(record, checks.get(record.kind)) for record in domains.records_to_publish(domain)]
    waiting = queries.waiting_key(domain)
    if waiting is not None:
        rows.insert(0, _key_row(domain, waiting, _("Next DKIM signature"), NEXT_KEY))
    return rows + [
        _key_row(domain, key, _("Previous DKIM signature"), EARLIER_KEY) for key in queries.leaving_keys(domain)
    ]


def _key_row(domain: SenderDomain, key: DkimKey, label: str, purpose: object) -> RecordRow:
    return RecordRow(dkim_record(domain, key), label, str(purpose), "waiting", "", "")


def _row(record: DnsRecord, check: DnsCheck | None) -> RecordRow:
    state, actual_value, advice = "waiting", "", ""
    if check is not None and check.checked_at is not None:
        state, actual_value = "passed" if check.passed else "blocked", check.found
        if not check.passed:
            advice = _advice(record, DnsState(check.problem or DnsState.WRONG.value))
    return RecordRow(record, str(record.kind.label), str(PURPOSES[record.kind]), state, actual_value, advice)


def _advice(record: DnsRecord, state: DnsState) -> str:
    if state is DnsState.MISSING:
        words = _("This record doesn't exist yet. Create a %(type)s record with this name and value.")
        return words % {"type": record.record_type}
    if state is DnsState.UNREACHABLE:
        return _("Your domain's name servers didn't respond. Check again in a few minutes.")
    return str(WRONG[record.kind])
