"""Evidence of imported rows: complete, plausible, fresh."""

from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.rules.contacts.consent import EvidenceReason, EvidenceVerdict, ImportedEvidence, judge_evidence
from rules.examples import NOW

GOOD = ImportedEvidence(
    sign_up_at=NOW - timedelta(days=100, minutes=5),
    sign_up_ip="203.0.113.7",
    confirmed_at=NOW - timedelta(days=100),
    confirmed_ip="2001:db8::7",
    source="https://papierladen.de/kundenbrief",
)
DAY = timedelta(days=1)


def test_complete_evidence_is_mailable() -> None:
    assert judge_evidence(GOOD, NOW) == EvidenceVerdict(True)


@pytest.mark.parametrize(
    ("changes", "rule", "reason"),
    [
        ({"sign_up_at": None}, "R-12", EvidenceReason.SIGN_UP_TIME_MISSING),
        ({"sign_up_ip": None}, "R-12", EvidenceReason.SIGN_UP_IP_MISSING),
        ({"sign_up_ip": ""}, "R-12", EvidenceReason.SIGN_UP_IP_MISSING),
        ({"sign_up_ip": "203.0.113"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "203.0.113.256"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "203.0.113.7.9"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "203.0.113.7\n"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "127.0.0.1"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "0.0.0.0"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "255.255.255.255"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "::1"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "ff02::1"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"sign_up_ip": "unbekannt"}, "R-12", EvidenceReason.SIGN_UP_IP_MALFORMED),
        ({"confirmed_at": None}, "R-12", EvidenceReason.CONFIRMATION_TIME_MISSING),
        ({"confirmed_ip": "nope"}, "R-12", EvidenceReason.CONFIRMATION_IP_MALFORMED),
        ({"source": None}, "R-12", EvidenceReason.SOURCE_MISSING),
        ({"source": "  "}, "R-12", EvidenceReason.SOURCE_MISSING),
        ({"sign_up_at": (NOW - DAY).replace(tzinfo=None)}, "R-12", EvidenceReason.TIME_WITHOUT_ZONE),
        ({"confirmed_at": (NOW - DAY).replace(tzinfo=None)}, "R-12", EvidenceReason.TIME_WITHOUT_ZONE),
        ({"last_contact_at": (NOW - DAY).replace(tzinfo=None)}, "R-12", EvidenceReason.TIME_WITHOUT_ZONE),
        ({"confirmed_at": NOW - 101 * DAY}, "R-12", EvidenceReason.CONFIRMED_BEFORE_SIGN_UP),
        ({"confirmed_at": NOW + DAY}, "R-12", EvidenceReason.IN_THE_FUTURE),
        ({"last_contact_at": NOW + DAY}, "R-12", EvidenceReason.IN_THE_FUTURE),
        ({"sign_up_at": NOW - 900 * DAY, "confirmed_at": NOW - 731 * DAY}, "R-13", EvidenceReason.TOO_OLD),
    ],
)
def test_a_fault_leads_to_quarantine(changes: dict[str, Any], rule: str, reason: EvidenceReason) -> None:
    assert judge_evidence(GOOD._replace(**changes), NOW) == EvidenceVerdict(False, rule, reason)


@pytest.mark.parametrize(
    "changes",
    [
        {"confirmed_ip": None},
        {"confirmed_ip": ""},
        {"confirmed_at": GOOD.sign_up_at},
        {"confirmed_at": NOW + timedelta(minutes=5)},
        {"sign_up_ip": "2001:db8::1"},
        {"sign_up_at": NOW - 366 * DAY, "confirmed_at": NOW - 365 * DAY},
        {"sign_up_at": NOW - 2000 * DAY, "confirmed_at": NOW - 1999 * DAY, "last_contact_at": NOW - DAY},
    ],
)
def test_what_is_good_enough(changes: dict[str, Any]) -> None:
    assert judge_evidence(GOOD._replace(**changes), NOW) == EvidenceVerdict(True)


def test_between_one_year_and_two_a_reviewer_looks() -> None:
    row = GOOD._replace(sign_up_at=NOW - 500 * DAY, confirmed_at=NOW - 366 * DAY)
    assert judge_evidence(row, NOW) == EvidenceVerdict(True, "R-13", EvidenceReason.AGEING, needs_review=True)
    at_the_end = row._replace(sign_up_at=NOW - 800 * DAY, confirmed_at=NOW - 730 * DAY)
    assert judge_evidence(at_the_end, NOW).needs_review


def test_an_older_last_contact_does_not_age_a_younger_confirmation() -> None:
    row = GOOD._replace(last_contact_at=NOW - 2000 * DAY)
    assert judge_evidence(row, NOW) == EvidenceVerdict(True)
