"""Every golden message is read as its expectation says; nothing that arrives can make the reader raise."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailflatrate.mail.identifiers.tokens import KeyRing, TokenPurpose
from mailflatrate.mail.identifiers.verp import return_path
from mailflatrate.mail.inspect import Inspection, inspect_message, inspect_paths
from mailflatrate.mail.reading.values import BounceOutcome, ReturnedMessageKind

GOLDEN = Path(__file__).parent / "golden" / "returned"
CASES = sorted(path.stem for path in GOLDEN.glob("*.eml"))
KEYS = {
    "kind",
    "is_bounce",
    "recipients",
    "hard",
    "reason",
    "status",
    "feedback",
    "mailing_id",
    "error",
    "original",
}
RING = KeyRing([("2026a", b"k" * 32)])


@pytest.mark.parametrize("case", CASES)
def test_golden_message_is_read_as_expected(case: str) -> None:
    expected = json.loads((GOLDEN / f"{case}.json").read_text(encoding="utf-8"))
    seen = inspect_message((GOLDEN / f"{case}.eml").read_bytes()).to_json()
    assert set(seen) == KEYS
    assert {key: seen[key] for key in expected} == expected


@pytest.mark.parametrize("case", CASES)
def test_line_ends_of_the_wire_change_nothing(case: str) -> None:
    raw = (GOLDEN / f"{case}.eml").read_bytes()
    if case == "all_bytes":
        pytest.skip("its line ends are part of the noise")
    assert inspect_message(raw.replace(b"\n", b"\r\n")).to_json() == inspect_message(raw).to_json()


def test_there_is_a_case_for_every_kind() -> None:
    kinds = {json.loads((GOLDEN / f"{case}.json").read_text(encoding="utf-8")).get("kind") for case in CASES}
    assert {kind.value for kind in ReturnedMessageKind} <= kinds


def test_folder_is_walked_and_bad_paths_give_their_error(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "a.eml").write_bytes(b"Subject: Abmelden\n\n")
    (tmp_path / "below" / "b.eml").write_bytes(b"")
    rows = list(inspect_paths([tmp_path, tmp_path / "missing.eml"]))
    assert [(Path(str(row["file"])).name, row["kind"], row["error"] is None) for row in rows] == [
        ("a.eml", "unsubscribe", True),
        ("b.eml", "other", True),
        ("missing.eml", "other", False),
    ]
    assert all(set(row) == KEYS | {"file"} for row in rows)
    json.dumps(rows)


def test_a_reader_that_breaks_gives_kind_other_with_the_error() -> None:
    # The one way to break it on purpose: something that is no bytes.
    seen = inspect_message("Subject: text\n\n")  # type: ignore[arg-type]
    assert (seen.kind, seen.is_bounce) == (ReturnedMessageKind.OTHER, False)
    assert seen.error is not None


class TestTokens:
    def bounce_to(self, token: str) -> Inspection:
        raw = (GOLDEN / "postfix_user_unknown.eml").read_bytes()
        address = return_path(token, "bounce.flat.example").encode()
        return inspect_message(raw.replace(b"b+tag@bounce.flat.example", address), key_ring=RING)

    def test_verp_address_names_the_delivery(self) -> None:
        seen = self.bounce_to(RING.seal(TokenPurpose.VERP, 7, 4711))
        assert seen.purpose is TokenPurpose.VERP
        assert seen.claims is not None
        assert (seen.claims.account_id, seen.claims.delivery_id) == (7, 4711)

    def test_forged_token_is_refused(self) -> None:
        genuine = RING.seal(TokenPurpose.VERP, 7, 4711)
        seen = self.bounce_to(("b" if genuine[0] == "a" else "a") + genuine[1:])
        assert (seen.purpose, seen.claims) == (None, None)

    def test_token_in_a_complaint_names_the_person_that_the_report_conceals(self) -> None:
        raw = (GOLDEN / "arf_redacted.eml").read_bytes()
        token = RING.seal(TokenPurpose.FEEDBACK, 7, 4712).encode()
        seen = inspect_message(
            raw.replace(b"X-Mailing-ID:", b"CFBL-Feedback-ID: " + token + b"\nX-Mailing-ID:"), key_ring=RING
        )
        assert seen.purpose is TokenPurpose.FEEDBACK
        assert seen.claims is not None
        assert seen.claims.delivery_id == 4712
        assert seen.recipients == ()


def test_outcome_of_each_recipient_is_told_apart() -> None:
    seen = inspect_message((GOLDEN / "qmail_no_mailbox.eml").read_bytes())
    assert [(failure.address, failure.verdict.outcome) for failure in seen.failures] == [
        ("dora@empfang.example", BounceOutcome.RECIPIENT_HARD),
        ("otto@empfang.example", BounceOutcome.RECIPIENT_SOFT),
    ]


@given(st.binary(max_size=3000))
def test_noise_never_raises(raw: bytes) -> None:
    assert inspect_message(raw).error is None


@settings(max_examples=60, deadline=None)
@given(st.integers(min_value=0), st.sampled_from(CASES))
def test_broken_messages_never_raise(seed: int, case: str) -> None:
    dice = random.Random(seed)
    data = bytearray((GOLDEN / f"{case}.eml").read_bytes())
    for _ in range(20):
        at = dice.randrange(len(data) + 1)
        piece = dice.choice([b"\n\n", b"\0", b"--", b"=?", b"\xff", b";", b":", b"<", b"", b"\r"])
        data[at : at + dice.randrange(30)] = piece
        assert inspect_message(bytes(data)).error is None


@pytest.mark.parametrize(
    "noise", [b"<", b"@", b"a@", b"\n", b"-----", b"<br", b"From: a\n", b"a@b.c\n", b"=?", b"\t", b"> "]
)
@pytest.mark.parametrize(
    "frame", [b"From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n", b"Content-Type: text/html\n\n", b""]
)
def test_endless_runs_are_read_in_linear_time(frame: bytes, noise: bytes) -> None:
    # Quadratic patterns would take minutes here; the suite's own patience is the limit.
    assert inspect_message(frame + noise * (300_000 // len(noise))).error is None
