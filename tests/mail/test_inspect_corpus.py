"""The figures on the corpus that is not ours to publish; skipped where it is absent."""

import json
from pathlib import Path

import pytest

from mailflatrate.mail.inspect import Inspection, inspect_message
from mailflatrate.mail.reading.forward import find_forward

PLACES = [folder / "shared" / "corpus" for folder in Path(__file__).resolve().parents]
CORPUS = next((place for place in PLACES if place.is_dir()), PLACES[0])
pytestmark = pytest.mark.skipif(
    not (CORPUS / "bounces" / "manifest.jsonl").is_file(), reason="the shared corpus is not on this machine"
)


@pytest.fixture(scope="module")
def seen() -> list[tuple[dict[str, object], Inspection]]:
    lines = (CORPUS / "bounces" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    return [(item, inspect_message((CORPUS / "bounces" / item["file"]).read_bytes())) for item in items]


def test_no_message_raises(seen: list[tuple[dict[str, object], Inspection]]) -> None:
    assert [item["id"] for item, inspection in seen if inspection.error] == []


def test_bounces_are_recognised(seen: list[tuple[dict[str, object], Inspection]]) -> None:
    bounces = [(item, inspection.is_bounce) for item, inspection in seen if item["is_bounce"]]
    without_dsn = [found for item, found in bounces if not item["dsn_part"]]
    assert sum(found for _, found in bounces) / len(bounces) >= 0.98
    assert sum(without_dsn) / len(without_dsn) >= 0.95


def test_other_mail_is_not_taken_for_a_bounce(seen: list[tuple[dict[str, object], Inspection]]) -> None:
    others = [inspection.is_bounce for item, inspection in seen if item["is_bounce"] is False]
    assert sum(others) / len(others) <= 0.003


def test_dead_addresses_are_told_from_living_ones(seen: list[tuple[dict[str, object], Inspection]]) -> None:
    hard = [bool(inspection.hard) for item, inspection in seen if item.get("kind") == "hard" and inspection.is_bounce]
    soft = [bool(inspection.hard) for item, inspection in seen if item.get("kind") == "soft" and inspection.is_bounce]
    assert sum(hard) / len(hard) >= 0.96
    # One label follows a parser's convention that a disabled account is soft; its provider says it for good.
    assert sum(soft) / len(soft) <= 0.01


def test_feedback_is_recognised_and_not_claimed_elsewhere(seen: list[tuple[dict[str, object], Inspection]]) -> None:
    feedback = [inspection.feedback is not None for item, inspection in seen if item["category"] == "arf"]
    claimed = [item["id"] for item, inspection in seen if item["category"] != "arf" and inspection.feedback]
    assert sum(feedback) / len(feedback) >= 45 / 48
    assert claimed == []


def test_inline_forwards_are_found() -> None:
    folder = CORPUS / "forwards"
    items = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    bodies = [item["file"] for item in items if item["part"] == "body" and "variant_4" not in item["file"]]
    found = [name for name in bodies if find_forward((folder / name).read_text(encoding="utf-8"))]
    assert len(found) / len(bodies) >= 0.95
