"""From fields as clients show them, honest and forged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.message.from_line import FromMailbox, read_from


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('"Lindenhof" <news@lindenhof.example>', [("Lindenhof", "news@lindenhof.example", "lindenhof.example")]),
        ("news@lindenhof.example", [("", "news@lindenhof.example", "lindenhof.example")]),
        ("news@lindenhof.example (Anna L.)", [("Anna L.", "news@lindenhof.example", "lindenhof.example")]),
        ("=?utf-8?q?G=C3=A4rtnerei?=\r\n <a@b.example>", [("Gärtnerei", "a@b.example", "b.example")]),
        ('"=?utf-8?b?R8OkcnRuZXI=?=" <a@b.example>', [("Gärtner", "a@b.example", "b.example")]),
        ('"Lindner, Anna" <a@b.example>', [("Lindner, Anna", "a@b.example", "b.example")]),
        ("Lindner, Anna <a@b.example>", [("Lindner, Anna", "a@b.example", "b.example")]),
        ('"help@bank.example", <a@b.example>', [("help@bank.example", "a@b.example", "b.example")]),
        ("A <a@b.example.>, A <c@d.example>", [("A", "a@b.example.", "b.example"), ("A", "c@d.example", "d.example")]),
        ("B <bank.example>, B <a@b.example>", [("B", "bank.example", ""), ("B", "a@b.example", "b.example")]),
        ("A <a@münchen.example>", [("A", "a@münchen.example", "xn--mnchen-3ya.example")]),
        ("nobody", [("nobody", "", "")]),
        ("", []),
    ],
)
def test_reads(raw: str, expected: list[tuple[str, str, str]]) -> None:
    assert read_from(raw) == tuple(FromMailbox(*one) for one in expected)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=80) | st.text(alphabet='<>@",;()\\ =?ab.:', max_size=60))
def test_never_raises_and_never_loses_the_last_address(text: str) -> None:
    read_from(text)
    found = read_from(text.replace('"', "").replace("\\", "").replace("(", "").replace("<", "") + " <a@b.example>")
    assert found[-1].address == "a@b.example"
