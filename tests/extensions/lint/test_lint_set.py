"""Lint knows what it is looking at: a hundred labeled messages, and the classes of fault one by one."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

import mailflatrate
from extensions.lint.lint_set import labeled
from extensions.lint.lint_set.bulk import broken, field, mailing, unsigned, without
from extensions.lint.lint_set.measure import NOW, Measured, measure
from extensions.lint.lint_set.personal import ANNA, note, posted
from mailflatrate.mail.reading.auth_results import AuthResult, authserv_id, read_received_spf, read_results
from mailflatrate.rules.gate.causes import FindingCause, find_causes, score
from mailflatrate.rules.gate.lint import LintLookups, judge_message, message_facts
from mailflatrate.rules.gate.message_texts import explain_message
from mailflatrate.rules.messages.message import MessageKind
from mailflatrate.rules.verdict import Severity

SHOP = mailing("oakandpine.com", "Oak and Pine", "en", "New chairs")


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure(labeled())


def test_every_rule_is_right_in_95_of_100_findings(measured: Measured) -> None:
    assert measured.messages == 100
    assert {key: share for key, share in measured.precision.items() if share < 0.95} == {}, measured.wrong
    assert sum(measured.missed.values()) <= 2, measured.wrong


def test_no_personal_message_is_blocked_and_kinds_are_known(measured: Measured) -> None:
    assert measured.personal_blocked == []
    assert measured.kinds_right >= 97, measured.wrong


def causes_of(raw: bytes, kind: MessageKind | None = None) -> tuple[FindingCause, ...]:
    return find_causes(judge_message(message_facts(raw, LintLookups(), now=NOW, kind=kind)))


def keys_of(causes: Sequence[FindingCause]) -> list[str]:
    return [cause.finding.key for cause in causes]


def test_a_broken_signature_is_one_finding_that_explains_the_others() -> None:
    (first, *rest) = causes_of(broken(SHOP).bytes())
    assert first.finding.key == "dkim-holds"
    assert {effect.key for effect in first.effects} >= {"domain-aligned", "one-click-signed", "auth-results"}
    assert all(cause.finding.severity is not Severity.BLOCK for cause in rest)
    assert 60 <= score((first, *rest)) < score(causes_of(SHOP.bytes()))


def test_a_cause_does_not_hide_what_it_does_not_explain() -> None:
    bad = field("List-Unsubscribe: https://oakandpine.com/u/1")(without("List-Unsubscribe-Post")(SHOP))
    assert {"list-unsubscribe", "one-click"} <= set(keys_of(causes_of(bad.bytes())))


def test_blocks_come_first_and_what_is_refused_before_what_is_ugly() -> None:
    messy = field("Subject: BUY ALL CHAIRS NOW!!!")(without("List-Id", "List-Unsubscribe-Post")(unsigned(SHOP)))
    found = causes_of(messy.bytes())
    weights = [list(Severity).index(cause.finding.severity) for cause in found]
    assert weights == sorted(weights)
    assert keys_of(found)[0] == "dkim-holds"


@pytest.mark.parametrize("line", ["X-Spam-Report: geprüft für Müller", "X-Rspamd-Report: große Ähnlichkeit"])
def test_what_receivers_add_is_not_the_senders_fault(line: str) -> None:
    clean = keys_of(causes_of(SHOP.bytes()))
    above = replace(SHOP, on_the_way=(line, *SHOP.on_the_way))
    below = replace(SHOP, damage=(("MIME-Version: 1.0", f"{line}\nMIME-Version: 1.0"),))
    long_line = replace(SHOP, on_the_way=(f"X-Added: {'a' * 1200}", *SHOP.on_the_way))
    for draft in (above, below, long_line):
        assert keys_of(causes_of(draft.bytes())) == clean
    own = field("X-Note: Größe")(SHOP)
    assert "header-ascii" in keys_of(causes_of(own.bytes()))


def test_a_second_from_is_a_danger_wherever_it_was_added() -> None:
    doubled = replace(SHOP, on_the_way=("From: Bank <a@bank.example>", *SHOP.on_the_way))
    assert "header-single" in keys_of(causes_of(doubled.bytes()))


@pytest.mark.parametrize(
    ("date", "is_good"),
    [
        ("Tue, 24 Nov 2026 08:30:00 -0000", True),
        ("Tue, 24 Nov 2026 08:30 GMT", True),
        ("Tue, 24 Nov 2026 08:30:00 +0100 (CET)", True),
        ("Tue, 24 Nov 2026 08:30:00", False),
        ("gestern", False),
    ],
)
def test_a_zone_that_says_nothing_is_a_zone(date: str, is_good: bool) -> None:
    assert ("header-date" not in keys_of(causes_of(field(f"Date: {date}")(SHOP).bytes()))) == is_good


def test_missing_and_wrong_are_told_apart_in_both_languages() -> None:
    for change, english, german in (
        (without("Feedback-ID"), "Feedback-ID is missing", "Feedback-ID fehlt"),
        (field("Feedback-ID: 7:7:us4:mc"), "isn't in the format Gmail reads", "nicht das Format"),
        (without("List-Unsubscribe"), "List-Unsubscribe is missing", "List-Unsubscribe fehlt"),
        (field("List-Unsubscribe: x"), "can't be read", "nicht lesbar"),
        (unsigned, "isn't signed", "nicht mit DKIM signiert"),
        (broken, "signature is invalid", "ungültig"),
    ):
        found = [cause.finding for cause in causes_of(change(SHOP).bytes())]
        assert any(english in explain_message(one, "en").sentence for one in found), english
        assert any(german in explain_message(one, "de").sentence for one in found), german


def test_a_list_that_adds_a_footer_breaks_no_rule_of_the_author() -> None:
    post = posted(note(ANNA, "[makers] Glue", "Which glue?", "User-Agent: Mozilla Thunderbird"))
    facts = message_facts(post.bytes(), LintLookups(), now=NOW)
    assert (facts.kind, facts.kind_reasons[0]) == (MessageKind.PERSONAL, "discussion list")
    assert causes_of(post.bytes()) == ()
    as_bulk = keys_of(causes_of(post.bytes(), MessageKind.BULK))
    assert "list-unsubscribe" in as_bulk, "the list's field is not the author's"


def test_results_are_believed_where_the_receiver_wrote_them() -> None:
    changed = replace(SHOP, damage=(("winter", "winter2"),))
    assert "dkim-holds" not in keys_of(causes_of(changed.bytes())), "the receiver saw it hold"
    head, *others = SHOP.on_the_way
    forged = replace(changed, on_the_way=(head, others[0]), head=(*changed.head, others[-1]))
    assert "dkim-holds" in keys_of(causes_of(forged.bytes())), "the sender wrote the result"
    stranger = others[-1].replace("mx.reader.example", "mx.elsewhere.example")
    assert "dkim-holds" in keys_of(causes_of(replace(changed, on_the_way=(head, others[0], stranger)).bytes()))


def test_authentication_results_are_read_as_rfc_8601_writes_them() -> None:
    value = (
        'mx.a.example 1; spf=pass (sender (ip 1.2.3.4) ok) smtp.mailfrom="b@c.example"; dkim=fail header.i=@d.example'
    )
    assert authserv_id(value) == "mx.a.example"
    assert read_results([value]) == (AuthResult("spf", "pass", "c.example"), AuthResult("dkim", "fail", "d.example"))
    assert authserv_id("spf=pass smtp.mailfrom=a.example") == ""
    assert authserv_id("i=1; mx.a.example; none") == "mx.a.example"
    assert read_results(["i=1; mx.a.example; dmarc=pass header.from=a.example"])[0].domain == "a.example"
    assert read_received_spf(["softfail (x) client-ip=1; envelope-from=<a@b.example>;"]) == (
        AuthResult("spf", "softfail", "b.example"),
    )
    assert len(read_results(["x; " + "spf=pass ((((" * 50_000] * 200)) < 100_000


@pytest.mark.slow
def test_the_kind_can_be_said_and_is_printed_with_score_and_order(tmp_path: Path) -> None:
    file = tmp_path / "message.eml"
    file.write_bytes(unsigned(note(ANNA, "Donnerstag", "Passt drei Uhr?", "User-Agent: Mutt/2.2")).bytes())
    environment = os.environ | {"PYTHONPATH": str(Path(mailflatrate.__file__).parents[1])}

    def lint(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "mailflatrate.entrypoints.cli.main",
            "lint",
            "--offline",
            *arguments,
            str(file),
        ]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    done = lint("--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["kind"], answer["verdict"], answer["score"]) == (0, "personal", "warn", 96)
    assert answer["findings"][0]["state"] == "missing"
    done = lint("--json", "--kind", "bulk")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["kind"], answer["findings"][0]["key"]) == (1, "bulk", "dkim-holds")
    explained = {one["key"]: [effect["key"] for effect in one["explains"]] for one in answer["findings"]}
    assert explained["list-unsubscribe"] == ["one-click"]
    assert "would be" not in done.stdout
    german = lint("--language", "de").stdout
    assert "Die Nachricht ist nicht mit DKIM signiert." in german
    assert "96 von 100 Punkten, persönlich (User-Agent)" in german
