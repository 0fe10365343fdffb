"""Lists by hostile testers: offices in disguise, and people who look like offices (acceptance 2 of the rules)."""

from pathlib import Path

import pytest

from mailflatrate.rules.addresses import AddressReason, AddressVerdict, decide_address


def words(name: str) -> list[str]:
    text = Path(__file__).with_name(name).read_text("utf-8")
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]


def verdicts(locals_: list[str], domain: str) -> dict[AddressVerdict, list[str]]:
    found: dict[AddressVerdict, list[str]] = {verdict: [] for verdict in AddressVerdict}
    for local in locals_:
        found[decide_address(f"{local}@{domain}").verdict].append(local)
    return found


def test_no_office_is_accepted() -> None:
    offices = words("hostile_roles.txt")
    found = verdicts(offices, "gaertnerei-lindenhof.de")
    assert found[AddressVerdict.ACCEPT] == []
    assert len(found[AddressVerdict.HOLD]) < len(offices) / 20, "holding everything would be no art"


def test_no_office_of_the_second_tester_is_accepted() -> None:
    """This list goes further: titles and tools, some of which are nicknames, and are held."""
    offices = words("second_roles.txt")
    found = verdicts(offices, "mueller-maschinenbau.de")
    assert found[AddressVerdict.ACCEPT] == []
    assert len(found[AddressVerdict.HOLD]) < len(offices) / 6


@pytest.mark.parametrize(
    ("text", "verdict", "reason"),
    [
        ("ınfo@papierladen.de", AddressVerdict.REFUSE, AddressReason.ROLE),
        ("ma.r.keting@papierladen.de", AddressVerdict.REFUSE, AddressReason.ROLE),
        ("ѕаӏеѕ@papierladen.de", AddressVerdict.HOLD, AddressReason.LOOKALIKE),
        ("дмитрий@papierladen.de", AddressVerdict.ACCEPT, None),
        ("an\ufffdna@papierladen.de", AddressVerdict.REFUSE, AddressReason.SYNTAX),
        ("anna@post.spamgourmet.com", AddressVerdict.REFUSE, AddressReason.DISPOSABLE),
    ],
)
def test_disguises(text: str, verdict: AddressVerdict, reason: AddressReason | None) -> None:
    decision = decide_address(text)
    assert (decision.verdict, decision.reason) == (verdict, reason)


def test_hardly_anybody_is_refused_for_his_name() -> None:
    people = words("hostile_people.txt")
    found = verdicts(people, "gmx.de")
    assert len(found[AddressVerdict.REFUSE]) <= len(people) / 100, found[AddressVerdict.REFUSE]
    assert len(found[AddressVerdict.HOLD]) < len(people) / 8


def test_what_was_probably_meant_is_asked_and_never_put_in_its_place() -> None:
    for typed, meant in (
        ("anna@gmx,de", "anna@gmx.de"),
        ("anna(at)gmx.de", "anna@gmx.de"),
        ("anna@@gmx.de", "anna@gmx.de"),
        ("<anna@gmial,com>", "anna@gmail.com"),
        ("mailto:anna@gmx.de", "anna@gmx.de"),
        ("anna@t-online.d", "anna@t-online.de"),
        ("anna", None),
        ("x@y@z", None),
    ):
        decision = decide_address(typed)
        assert (decision.verdict, decision.suggestion, decision.address) == (AddressVerdict.REFUSE, meant, "")


def test_a_role_that_is_a_surname_waits_at_a_provider_of_personal_mailboxes() -> None:
    assert decide_address("steuer@kanzlei-weber.de").verdict is AddressVerdict.REFUSE
    assert decide_address("steuer@gmx.de").verdict is AddressVerdict.HOLD
    assert decide_address("user12345@gmx.de").verdict is AddressVerdict.HOLD
    assert decide_address("info@gmx.de").verdict is AddressVerdict.REFUSE
