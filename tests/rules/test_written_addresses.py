"""Addresses of people who said no, however they are spelled."""

import base64
import html
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.address import canonical_key
from mailflatrate.rules.prior_status.written_addresses import MOST_CHARACTERS, find_addresses
from support.cost import costs_at_most

ANNA = "anna.klein@kunde-1.de"
ONE = {
    "Anna Klein <anna.klein@kunde-1.de>",
    '"Klein, Anna" <anna.klein@kunde-1.de>',
    "<anna.klein@kunde-1.de>",
    "anna.klein@kunde-1.de,",
    "anna.klein@kunde-1.de;",
    "anna.klein@kunde-1.de.",
    "anna.klein@kunde-1.de!",
    "mailto:anna.klein@kunde-1.de",
    "MAILTO:Anna.Klein@KUNDE-1.de?subject=Hallo",
    "mailto:anna.klein%40kunde-1.de",
    "anna.klein%2540kunde-1.de",
    '"anna.klein"@kunde-1.de',
    "anna.klein @ kunde-1.de",
    "anna.klein @kunde-1 . de",
    "anna.klein@\u00a0kunde-1.de",
    "anna.klein@kunde-1.de (privat)",
    "'anna.klein@kunde-1.de'",
    "„anna.klein@kunde-1.de“",
    "anna.klein@kunde\u200b-1.de",
    "anna\u00ad.klein@kunde-1.de",
    "\u202aanna.klein@kunde-1.de\u202c",
    "anna.klein\uff20kunde-1.de",
    "ａｎｎａ.klein@kunde-1.de",
    "anna.klein(Anna)@kunde-1.de",
    "(anna.klein(Anna)@kunde-1.de)",
    "anna.klein@(zu Hause (am Meer))kunde-1.de",
    "anna.klein&#64;kunde-1.de",
    "anna.klein&amp;#x40;kunde-1.de",
    "anna.klein&commat;kunde-1&period;de",
    "anna.klein[at]kunde-1.de",
    "anna.klein (at) kunde-1 (dot) de",
    "anna.klein {ät} kunde-1 [punkt] de",
    "anna.klein at kunde-1 dot de",
    "anna.klein AT kunde-1.de",
    "anna.klein_at_kunde-1.de",
    "'=anna.klein@kunde-1.de",
    "+anna.klein@kunde-1.de",
    '=HYPERLINK("mailto:anna.klein@kunde-1.de";"Anna")',
    "[anna.klein@kunde-1.de](mailto:anna.klein@kunde-1.de)",
    '<a href="mailto:anna.klein@kunde-1.de">schreiben</a>',
    "anna.klein<wbr>@kunde-1.de",
    "**anna.klein@kunde-1.de**",
    "_anna.klein@kunde-1.de_",
    "E-Mail:anna.klein@kunde-1.de",
    "email=anna.klein@kunde-1.de",
    "anna.klein@kunde-1.de.Bitte nicht mehr",
    "anna.klein@kunde-1.de-privat",
    "anna..klein@kunde-1.de",
    "anna.klein@@kunde-1.de",
    "anna.klein@kunde-1,de",
    "anna.klein\\u0040kunde-1.de",
    "=?utf-8?q?anna=2Eklein=40kunde-1=2Ede?=",
    f"=?UTF-8?B?{base64.b64encode(ANNA.encode()).decode()}?=",
    "=?iso-8859-1?Q?M=FCller?= <anna.klein@kunde-1.de>",
    "anna.klein@kunde-1.de\0",
    "\tanna.klein@\r\n kunde-1.de",
    "anna.klein@kunde-1\uff61de",
    "\u0430nna.klein@kunde-1.de",
    "anna.klein@kund\u0435-1.de",
    "anna.klein\u0334@kunde-1.de",
    "anna.klein\u3164@kunde-1.de",
    "anna.klein\u2800@kunde-1.de",
    "anna. klein@kunde-1.de",
    "anna .klein@kunde-1.de",
    "anna.\tklein@kunde-1.de",
    "@anna.klein@kunde-1.de",
    "anna.klein@[kunde-1.de]",
    "anna.klein\\@kunde-1.de",
    "anna.klein*at*kunde-1.de",
    "anna.klein 'at' kunde-1.de",
}


@pytest.mark.parametrize("text", sorted(ONE))
def test_address_in_any_spelling_is_found(text: str) -> None:
    assert ANNA in find_addresses(text)


@pytest.mark.parametrize("separator", [", ", ";", " ", "\n", "|", "/", " und ", " & ", "\t", ",", "</li><li>", " - "])
def test_every_address_of_a_list_is_found_and_no_other(separator: str) -> None:
    found = find_addresses(separator.join(["anna@kunde-1.de", "Ben@kunde-2.co.uk", "c+news@sub.kunde-3.example"]))
    exact = {"anna@kunde-1.de", "ben@kunde-2.co.uk", "c+news@sub.kunde-3.example"}
    assert {name for name in found if name[0].isalnum()} == exact


@pytest.mark.parametrize(
    "text", ["", "-", "anna", "anna@", "@kunde.de", "anna@localhost", "Kiel", "n/a", "a@[10.0.0.1]"]
)
def test_text_without_an_address_has_none(text: str) -> None:
    assert find_addresses(text) == ()


def test_usual_addresses_are_found_as_they_are() -> None:
    for text in ("Anna@Kunde-1.de", "o'brien@kunde.ie", "müller@münchen.de", "a_b@kunde.de", "x+y@kunde.de"):
        assert find_addresses(text)[0] == canonical_key(text)
    assert find_addresses("o'brien@kunde.ie") == ("o'brien@kunde.ie",)


_NAMES = st.from_regex(r"[a-z][a-z0-9]{0,10}(\.[a-z][a-z0-9]{0,8})?", fullmatch=True)
_HOSTS = st.from_regex(r"[a-z][a-z0-9]{1,10}\.(de|com|co\.uk|fr|example)", fullmatch=True)
_AROUND = st.text(alphabet=' \t\n<>()[]"\u201e\u201c,;:!?\u200b\u00a0', max_size=4)
_AT = st.sampled_from(["@", " @ ", "\uff20", "\u200b@", "[at]", " (at) ", "&#64;", "&amp;commat;", "(x)@", "\\u0040"])


@given(_NAMES, _HOSTS, _AROUND, _AROUND, _AT, st.sampled_from([str, quote, html.escape]))
def test_address_is_found_whatever_surrounds_it(
    name: str, host: str, before: str, after: str, at: str, encode: Callable[[str], str]
) -> None:
    text = encode(f"{before}{name.title()}{at}{host.upper()}{after}")
    assert f"{name}@{host}" in find_addresses(text), text


@given(st.text(max_size=400), st.text(alphabet="@.=?_<>()[]\"'%&;#a1 \u200b", max_size=400))
def test_any_text_is_read_without_error_into_canonical_keys(one: str, other: str) -> None:
    for text in (one, other, one + "@kunde.de", f"{other}@{one}"):
        for found in find_addresses(text):
            assert canonical_key(found) == found


@pytest.mark.parametrize(
    ("piece", "bound"),
    [
        *((piece, 1) for piece in ("@", "a@", "(", "<", " ", "=?utf-8?q?", "a.", "&amp;", "%40", " at ", ". ")),
        ("((((a@b.de(x)))))", 1.5),
        ("a@b.de,", 1.5),  # thousands of addresses
        ("\ufdfa", 4),  # eighteen characters once it is normalized
    ],
)
def test_hostile_cell_takes_time_in_proportion_to_its_length(piece: str, bound: float) -> None:
    """The quickest search that grows with the square, such as `a*b` in a cell of "a", costs 2.5."""
    longest = piece * (MOST_CHARACTERS // len(piece))
    with costs_at_most(bound):
        find_addresses(longest)
    assert find_addresses(piece * (MOST_CHARACTERS + 1) + ANNA) == ()
