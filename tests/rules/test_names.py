"""What a display name can hide (R-45), and what it may honestly hold."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.rules.gate.lint import lint_from_line
from mailflatrate.rules.names.brands import load_brands, read_brands, shipped_brands
from mailflatrate.rules.names.related import is_related
from rules.examples import IMPRINT

FORGED = [
    ('"kunden@bank.example" <a@post.example>', "sender-name-honest"),
    ("=?utf-8?q?Lindenhof.com?= <a@rose.example>", "sender-name-honest"),
    ('"Help via lindenhof.com today" <a@rose.example>', "sender-name-honest"),
    ("Service@Lindenhof <a@rose.example>", "sender-name-honest"),
    ("Lindenhof.c\u200bom <a@rose.example>", "sender-name-honest"),
    ("Lind\u0435nhof <a@rose.example>", "sender-name-letters"),
    ("\U0001d40b\U0001d422\U0001d427\U0001d41d\U0001d41e\U0001d427 <a@rose.example>", "sender-name-letters"),
    ("Linden\u034fhof <a@rose.example>", "sender-name-letters"),
    ("L\u073findenhof <a@rose.example>", "sender-name-letters"),
    ("PayPal <service@rose.example>", "sender-name-brand"),
    ("P\u0430yP\u0430l <service@rose.example>", "sender-name-brand"),
    ("Pay-Pal Kundenservice <service@paypal.xyz>", "sender-name-brand"),
    ("Coinbase-WaIIet <service@rose.example>", "sender-name-brand"),
    ("T E M U <service@rose.example>", "sender-name-brand"),
    ("Apple Support <service@rose.example>", "sender-name-brand"),
    ("Ihre Sparkasse <service@rose.example>", "sender-name-shared-brand"),
    ("Lindenhof \u2705 <a@rose.example>", "sender-name-badge"),
    ("(3) Lindenhof <a@rose.example>", "sender-name-badge"),
    ("Lindenhof \U0001f337 <a@rose.example>", "sender-name-emoji"),
    ("A <a@rose.example>, B <b@rose.example>", "sender-single"),
    ("Lindenhof", "sender-single"),
]
HONEST = [
    "Lindenhof <news@lindenhof.example>",
    "lindenhof.de <news@mail.lindenhof.de>",
    "Shop.Lindenhof.de <news@lindenhof.de>",
    '"news@lindenhof.de" <news@lindenhof.de>',
    '"Dr. Huber" <a@rose.example>',
    '"Dr.Huber & Co." <a@rose.example>',
    '"J.Ford" <a@rose.example>',
    '"Planet News.com Daily" <a@rose.example>',
    '"PayPal" <service@paypal.de>',
    '"PayPal" <service@mail.paypal.com>',
    '"Amelie Apple" <a@rose.example>',
    '"David Chase" <a@rose.example>',
    '"Sparkasse Kiel" <post@sparkasse-kiel.de>',
    "Ärzte für Flüchtlinge e.V. <a@rose.example>",
    "=?utf-8?b?44Oq44Oz44OH44Oz?= Shop <a@rose.example>",
    "Газета <a@rose.example>",
    "αβγ Verlag <a@rose.example>",
]


def keys(raw: str) -> list[object]:
    findings = lint_from_line(raw, shipped_brands())["findings"]
    assert isinstance(findings, list)
    return [finding["key"] for finding in findings]


@pytest.mark.parametrize(("raw", "key"), FORGED)
def test_disguises_are_found(raw: str, key: str) -> None:
    assert key in keys(raw)


@pytest.mark.parametrize("raw", HONEST)
def test_honest_names_are_left_alone(raw: str) -> None:
    assert keys(raw) == []


def from_lines(name: str) -> list[str]:
    """Return From fields of one kind, one a line, as they are in a header."""
    return (Path(__file__).parent / "from_lines" / name).read_text("utf-8").splitlines()


@pytest.mark.parametrize("raw", from_lines("concealed.txt"))
def test_a_line_that_conceals_its_sender_goes_nowhere_by_itself(raw: str) -> None:
    """Other people's addresses, domains and brands: spelled out, masked, encoded twice, in look-alike letters."""
    assert lint_from_line(raw, shipped_brands())["verdict"] in ("block", "review")


@pytest.mark.parametrize("raw", from_lines("honest.txt"))
def test_an_honest_line_is_not_held_up(raw: str) -> None:
    """Companies with dots in their names, titles, initials, names in many scripts, brands under their own domains."""
    assert lint_from_line(raw, shipped_brands())["verdict"] in ("pass", "warn", "info")


@given(st.text(max_size=60))
def test_no_name_breaks_the_rules(name: str) -> None:
    lint_from_line(f"{name} <a@rose.example>", shipped_brands())


def test_the_operator_adds_and_removes_brands(tmp_path: Path) -> None:
    own = tmp_path / "brands.csv"
    own.write_text("Lindenhof;d;lindenhof.example\n-PayPal\n", "utf-8")
    brands = load_brands(own)
    assert lint_from_line("Lindenhof <a@rose.example>", brands)["verdict"] == "block"
    assert lint_from_line("Lindenhof <a@lindenhof.example>", brands)["verdict"] == "pass"
    assert lint_from_line("PayPal <a@rose.example>", brands)["verdict"] == "pass"
    with pytest.raises(ValueError, match="Lindenhof"):
        read_brands(["Lindenhof"])


def test_every_shipped_brand_has_domains_and_finds_itself() -> None:
    for brand in shipped_brands().all:
        assert brand.domains, brand.name
        assert brand in shipped_brands().named_in(brand.name), brand.name


@pytest.mark.parametrize(
    ("name", "related"),
    [
        ("Annas Papierladen", True),
        ("Anna Huber", True),
        ("Papier-Laden Newsletter", True),
        ("APG", True),
        ("Team Newsletter", False),
        ("Sonnenkind", False),
    ],
)
def test_a_name_has_to_do_with_the_imprint_or_not(name: str, related: bool) -> None:
    assert is_related(name, IMPRINT, ("news.papierladen.de",)) is related
    assert is_related("Sonnenkind", IMPRINT, ("sonnenkind.de",))
