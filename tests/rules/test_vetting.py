"""Vetting alone: what an application must say, what is checked automatically, the ladders (R-01 to R-09, R-90)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailflatrate.rules.account_states import AccountStatus
from mailflatrate.rules.facts import HistoryFacts
from mailflatrate.rules.vetting.account_status import MOVES, Mover, StrikeMeasure, active_strikes, may_move, measure
from mailflatrate.rules.vetting.probation import Trigger, daily_limit, triggers
from mailflatrate.rules.vetting.record import FIELDS, missing_fields
from mailflatrate.rules.vetting.signal_messages import WORDS, signal_words
from mailflatrate.rules.vetting.signals import (
    AgeFacts,
    DnsFacts,
    ListFacts,
    PageFacts,
    SignalFacts,
    SignalOutcome,
    VatFacts,
    signals,
)
from rules.examples import ACCOUNT, NOW
from support.customers import RECORD

IMPRINT = (
    "Impressum Gärtnerei Lindenhof GmbH Lindenweg 4 24103 Kiel Geschäftsführerin: Anna Lindner "
    "Amtsgericht Kiel HRB 1234 USt-IdNr. DE 136 695 976"
)
SITE = PageFacts("https://lindenhof.example/", True, "Willkommen")
GOOD = SignalFacts(
    email="anna@lindenhof.example",
    record={key: str(value) for key, value in RECORD.items()},
    website=SITE,
    imprint=replace(SITE, url="https://lindenhof.example/impressum", text=IMPRINT),
    form=SITE,
    mx=DnsFacts(True, "10 mx.lindenhof.example"),
    spf=DnsFacts(True, "v=spf1 -all"),
    dmarc=DnsFacts(True, "v=DMARC1; p=reject"),
    age=AgeFacts("lindenhof.example", 4000),
    lists=ListFacts(True),
)


def seen(**changes: Any) -> dict[str, tuple[str, str]]:
    """Outcome and word of each signal that is not good."""
    record = changes.pop("record", {})
    facts = replace(GOOD, **changes, record={**GOOD.record, **record})
    return {one.key: (one.outcome.value, one.word) for one in signals(facts) if one.outcome is not SignalOutcome.GOOD}


def test_a_good_application_has_only_good_signals() -> None:
    assert seen() == {}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"email": "anna@gmx.de"}, {"address": ("concern", "freemail"), "same_domain": ("concern", "other")}),
        ({"email": "info@lindenhof.example"}, {"address": ("concern", "role")}),
        ({"email": "x@mailinator.com"}, {"address": ("serious", "disposable"), "same_domain": ("concern", "other")}),
        ({"website": replace(SITE, reachable=False, problem="HTTP 500")}, {"website": ("concern", "missing")}),
        ({"website": replace(SITE, reachable=None, problem="no network")}, {"website": ("not_checked", "unknown")}),
        (
            {"imprint": replace(SITE, reachable=None)},
            {"imprint": ("not_checked", "unknown"), "imprint_matches": ("not_checked", "unknown")},
        ),
        (
            {"imprint": replace(SITE, text=IMPRINT.replace("Lindenweg 4", "Hafen 1"))},
            {"imprint_matches": ("concern", "some")},
        ),
        ({"imprint": replace(SITE, text="Somebody else entirely")}, {"imprint_matches": ("serious", "some")}),
        ({"age": AgeFacts("x.de", 29)}, {"domain_age": ("serious", "new")}),
        ({"age": AgeFacts("x.de", 179)}, {"domain_age": ("concern", "young")}),
        ({"age": AgeFacts("x.de", 180)}, {}),
        ({"age": AgeFacts("x.de", None, "switched off")}, {"domain_age": ("not_checked", "unknown")}),
        ({"lists": ListFacts(False)}, {"blocklists": ("not_checked", "off")}),
        ({"lists": ListFacts(True, ("x.de (dbl.test)",), ("y",))}, {"blocklists": ("serious", "listed")}),
        ({"lists": ListFacts(True, (), ("x.de (dbl.test: timeout)",))}, {"blocklists": ("not_checked", "unknown")}),
        ({"mx": DnsFacts(False)}, {"mx": ("concern", "missing")}),
        ({"spf": DnsFacts(None)}, {"spf": ("not_checked", "unknown")}),
        ({"dmarc": DnsFacts(False)}, {"dmarc": ("concern", "missing")}),
        (
            {"record": {"vat_id": "DE123456789"}},
            {"vat": ("concern", "malformed"), "imprint_matches": ("concern", "some")},
        ),
        (
            {"record": {"vat_id": "small business, none"}},
            {"vat": ("concern", "none")},
        ),
        ({"record": {"register_number": "HRB 1234"}}, {"register": ("concern", "malformed")}),
        ({"closed": (("phone", "Eve Ltd (closed)"),)}, {"closed_account": ("serious", "same")}),
    ],
)
def test_each_doubt_is_one_signal_with_its_weight(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    assert seen(**changes) == expected


def test_a_trade_in_switzerland_and_britain_is_read_by_its_own_rules() -> None:
    assert "vat" not in seen(record={"vat_id": "CHE-116.281.710 MWST"})
    assert "vat" not in seen(record={"vat_id": "GB980780684"})
    assert seen(record={"vat_id": "GB980780685"})["vat"] == ("concern", "malformed")


def test_every_word_of_a_signal_is_there_in_both_languages() -> None:
    for key, word in WORDS:
        if not word:
            continue
        texts = [signal_words(key, word, "VALUE", language) for language in ("en", "de")]
        assert all(title and sentence for title, sentence in texts)
        assert len({("VALUE" in sentence) for _title, sentence in texts}) == 1
    used = {(one.key, one.word) for one in signals(GOOD)}
    assert used <= set(WORDS)


def test_each_field_can_be_missing() -> None:
    assert missing_fields(RECORD) == ()
    for field in FIELDS:
        empty = {"lists": [], "monthly_volume": 0}.get(field.key, "  ")
        assert missing_fields({**RECORD, field.key: empty}) == (field.key,)
    half = {**RECORD, "lists": [{"name": "News", "size": None, "collection": "form"}]}
    assert missing_fields(half) == ("lists",)


def test_nothing_lifts_itself_and_nothing_skips_the_person() -> None:
    sending = (AccountStatus.ACTIVE, AccountStatus.THROTTLED)
    for before in AccountStatus:
        for after in sending:
            if before not in sending:
                assert not may_move(before, after, Mover.MACHINE), (before, after)
            assert not may_move(before, after, Mover.APPLICANT)
    assert {before for before, after in MOVES if after is AccountStatus.ACTIVE} == {
        AccountStatus.APPROVED,
        AccountStatus.THROTTLED,
        AccountStatus.PAUSED,
        AccountStatus.SUSPENDED,
    }
    assert all(before is not AccountStatus.CLOSED for before, _after in MOVES)


def test_strikes_expire_on_their_day() -> None:
    given = [NOW, NOW + timedelta(days=90), NOW + timedelta(days=182)]
    assert active_strikes(given, NOW + timedelta(days=182)) == 3
    assert active_strikes(given, NOW + timedelta(days=183)) == 2
    assert active_strikes(given, NOW - timedelta(days=1)) == 0
    assert measure(given, 0, NOW + timedelta(days=182)) is StrikeMeasure.SUSPEND
    assert measure(given, 1, NOW + timedelta(days=182)) is StrikeMeasure.CLOSE
    assert measure(given, 1, NOW + timedelta(days=183)) is StrikeMeasure.NONE


def test_the_ladder_of_a_new_account_ends_with_both_mailings_and_months() -> None:
    def limit(days: int, mailings: int, **account: Any) -> int | None:
        facts = replace(ACCOUNT, activated_at=NOW - timedelta(days=days), campaigns_sent=mailings, **account)
        return daily_limit(facts, HistoryFacts(now=NOW))

    assert [limit(1, sent) for sent in (0, 1, 2, 3, 50)] == [5000, 20_000, 50_000, 50_000, 50_000]
    assert [limit(62, sent) for sent in (0, 1, 2, 3)] == [5000, 20_000, 50_000, None]
    assert limit(1, 0, own_limit=7) == 7
    assert limit(400, 50, status=AccountStatus.THROTTLED) == 2000


def test_what_makes_a_mailing_unlike_the_others() -> None:
    quiet = HistoryFacts(now=NOW, last_campaign_at=NOW - timedelta(days=20), usual=2000)
    assert triggers(ACCOUNT, quiet, 6000) == ()
    assert triggers(ACCOUNT, quiet, 6001) == (Trigger.VOLUME,)
    assert triggers(ACCOUNT, replace(quiet, usual=10), 1000) == (), "small numbers say nothing"
    assert triggers(ACCOUNT, replace(quiet, new_domain=True, new_lists=("x",)), 1) == (
        Trigger.NEW_DOMAIN,
        Trigger.NEW_LIST,
    )
    assert triggers(ACCOUNT, replace(quiet, usual=None), 1001) == (Trigger.UNCOMPARED,), "it never switches itself off"
    assert triggers(ACCOUNT, replace(quiet, usual=None), 1000) == ()
    first = replace(ACCOUNT, campaigns_sent=0)
    assert triggers(first, replace(quiet, new_domain=True, new_lists=("x",)), 1) == (), (
        "the first has nothing before it"
    )
    assert triggers(ACCOUNT, replace(quiet, last_campaign_at=NOW - timedelta(days=184)), 1) == (Trigger.SILENCE,)


@pytest.mark.parametrize(
    ("vat", "expected"),
    [
        (None, {}),
        (VatFacts(True), {}),
        (VatFacts(True, "GÄRTNEREI  Lindenhof GmbH"), {}),
        (VatFacts(True, "Lindenhof Gartnerei Gesellschaft mbH"), {}),
        (VatFacts(True, "Nordstern Möbel AG"), {"vat_register": ("concern", "other")}),
        (VatFacts(False), {"vat_register": ("serious", "invalid")}),
        (VatFacts(None, problem="switched off"), {"vat_register": ("not_checked", "unknown")}),
    ],
)
def test_what_the_register_says_reaches_the_reviewer(vat: VatFacts | None, expected: dict[str, Any]) -> None:
    assert seen(vat=vat) == expected
    for one in signals(replace(GOOD, vat=vat)):
        assert signal_words(one.key, one.word, one.value, "de")
