"""Unsubscribe fields are judged as receivers judge them; requests are understood however they come."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.identifiers.tokens import KeyRing, TokenPurpose
from mailflatrate.mail.identifiers.verp import unsubscribe_address
from mailflatrate.mail.message.unsubscribe import (
    RequestSource,
    UnsubscribeProblem,
    is_one_click_post,
    judge_list_unsubscribe,
    parse_unsubscribe_mail,
)

POST = "List-Unsubscribe=One-Click"
GOOD = "<https://u.example.net/u/abc>, <mailto:unsub+abc@mail.example.net?subject=unsubscribe>"
TOKEN = KeyRing.parse("k:" + "3d" * 32).seal(TokenPurpose.UNSUBSCRIBE, 7, 42)
ADDRESS = unsubscribe_address(TOKEN, "mail.example.net")
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "list_unsubscribe.jsonl"
P = UnsubscribeProblem


def test_good_fields_have_no_problem() -> None:
    verdict = judge_list_unsubscribe([GOOD], [POST], ["FROM", "List-Unsubscribe", "list-unsubscribe-post"])
    assert verdict.problems == ()
    assert verdict.is_one_click
    assert verdict.https_uri == "https://u.example.net/u/abc"
    assert verdict.mailto_address == "unsub+abc@mail.example.net"
    folded = judge_list_unsubscribe([GOOD.replace(", ", ",\r\n\t")], [f" {POST} "])
    assert (folded.uris, folded.problems) == (verdict.uris, ())


@pytest.mark.parametrize(
    ("fields", "posts", "signed", "problems", "one_click"),
    [
        ([], [], None, [P.MISSING, P.POST_MISSING], False),
        ([GOOD, GOOD], [POST], None, [P.REPEATED], False),
        ([GOOD], [], None, [P.POST_MISSING], False),
        ([GOOD], [POST, POST], None, [P.POST_REPEATED], False),
        ([GOOD], ["list-unsubscribe=one-click"], None, [P.POST_VALUE], False),
        ([GOOD], [POST], ["from", "list-unsubscribe"], [P.NOT_SIGNED], False),
        (["https://u.example.net/u"], [POST], None, [P.NO_ANGLE_BRACKETS, P.NO_HTTPS_URI], False),
        (["<mailto:a@b.example>"], [POST], None, [P.NO_HTTPS_URI], False),
        (["<http://u.example.net/u>"], [POST], None, [P.INSECURE_URI, P.NO_HTTPS_URI], False),
        (["<https://a.example/>, <https://b.example/>"], [POST], None, [P.SEVERAL_HTTPS_URIS], False),
        (["<https://a.example/>,<ftp://b.example/>"], [POST], None, [P.UNKNOWN_SCHEME], True),
        (["<https://a.example/> <mailto:a@b.example>"], [POST], None, [P.TEXT_OUTSIDE_BRACKETS], True),
        (["(by web) <https://a.example/>"], [POST], None, [], True),
        (["<https://a.example/>, <mailto:nobody>"], [POST], None, [P.BAD_URI], True),
        (["<https://>"], [POST], None, [P.BAD_URI, P.NO_HTTPS_URI], False),
        (["<https://[::1/>"], [POST], None, [P.BAD_URI, P.NO_HTTPS_URI], False),
        (["<>"], [POST], None, [P.BAD_URI, P.NO_HTTPS_URI], False),
        (["<https://a.exam\r\n ple/u>"], [POST], None, [], True),
    ],
)
def test_faults(
    fields: list[str], posts: list[str], signed: list[str] | None, problems: list[P], one_click: bool
) -> None:
    verdict = judge_list_unsubscribe(fields, posts, signed)
    assert list(verdict.problems) == problems
    assert verdict.is_one_click == one_click


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_any_text_is_judged_without_raising(fields: list[str], posts: list[str]) -> None:
    judge_list_unsubscribe(fields, posts)


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus of real headers is not on this machine")
def test_real_headers_are_judged_as_labelled() -> None:
    judged = 0
    for line in CORPUS.read_text("utf-8").splitlines():
        case = json.loads(line)
        if case["n_headers"] != 1 or case["list_unsubscribe"] is None:
            continue
        judged += 1
        verdict = judge_list_unsubscribe([case["list_unsubscribe"]], [case["post"]] if case["post"] else [])
        assert (P.NO_ANGLE_BRACKETS in verdict.problems) == case["no_angle_brackets"], case["file"]
    assert judged > 500


FORM = "application/x-www-form-urlencoded"
MULTIPART = b'--XyZ\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--XyZ--\r\n'


@pytest.mark.parametrize(
    ("content_type", "body", "expected"),
    [
        (FORM, b"List-Unsubscribe=One-Click", True),
        (f"{FORM}; charset=UTF-8", b"List-Unsubscribe=One-Click\r\n", True),
        (FORM, b"a=b&List-Unsubscribe=One%2DClick", True),
        ("Multipart/Form-Data; boundary=XyZ", MULTIPART, True),
        ('multipart/form-data; boundary="XyZ"', MULTIPART.replace(b"\r\n", b"\n"), True),
        (FORM, b"", False),
        (FORM, b"List-Unsubscribe=", False),
        (FORM, b"List-Unsubscribe=one-click", False),
        (FORM, b"\xff\xfe" * 10, False),
        (FORM, b"a=b&" * 2000 + b"List-Unsubscribe=One-Click", False),
        ("multipart/form-data", MULTIPART, False),
        ("multipart/form-data; boundary=abc", MULTIPART, False),
        ("multipart/form-data; boundary=XyZ", MULTIPART.replace(b"One-Click", b"Two-Clicks"), False),
        ("text/plain", b"List-Unsubscribe=One-Click", False),
        ("", b"List-Unsubscribe=One-Click", False),
    ],
)
def test_one_click_posts(content_type: str, body: bytes, expected: bool) -> None:
    assert is_one_click_post(content_type, body) is expected


@given(st.sampled_from([FORM, "multipart/form-data; boundary=XyZ"]) | st.text(), st.binary())
def test_any_post_is_read_without_raising(content_type: str, body: bytes) -> None:
    is_one_click_post(content_type, body)


def test_a_mail_to_the_address_names_its_token() -> None:
    read = parse_unsubscribe_mail(b"From: Dora <dora@example.net>\r\nSubject: unsubscribe\r\n\r\n", [ADDRESS.upper()])
    assert (read.token, read.source) == (TOKEN, RequestSource.ENVELOPE)
    assert read.from_address == "dora@example.net"
    assert read.subject == "unsubscribe"
    assert not read.is_answering_machine


def test_a_redirected_mail_names_it_in_its_fields() -> None:
    raw = f"From: dora@example.net\r\nTo: List <{ADDRESS}>\r\n\r\n".encode()
    read = parse_unsubscribe_mail(raw, ["inbox@mail.example.net"])
    assert (read.token, read.source) == (TOKEN, RequestSource.ADDRESS_FIELD)
    raw = f"From: dora@example.net\r\nSubject: unsubscribe {TOKEN.upper()}\r\n\r\n".encode()
    read = parse_unsubscribe_mail(raw, [])
    assert (read.token, read.source) == (TOKEN, RequestSource.SUBJECT)


@pytest.mark.parametrize(
    ("field", "envelope_from", "expected"),
    [
        ("Auto-Submitted: auto-replied (vacation)", "dora@example.net", True),
        ("Auto-Submitted: auto-replied; x=y", "dora@example.net", True),
        ("Auto-Submitted: auto-replied", None, True),
        ("Auto-Submitted: auto-generated", "dora@example.net", False),
        ("X-Autoreply: yes", "dora@example.net", True),
        ('Content-Type: multipart/report; report-type=delivery-status; boundary="b"', None, True),
        ("X-Other: y", "", True),
        ("X-Other: y", "<>", True),
    ],
)
def test_answering_machines_are_told_from_people(field: str, envelope_from: str | None, expected: bool) -> None:
    read = parse_unsubscribe_mail(f"From: dora@example.net\r\n{field}\r\n\r\n".encode(), [ADDRESS], envelope_from)
    assert read.is_answering_machine is expected


@given(st.binary(), st.lists(st.text(), max_size=2))
def test_any_mail_is_read_without_raising(raw: bytes, recipients: list[str]) -> None:
    parse_unsubscribe_mail(raw, recipients)


@pytest.mark.parametrize("raw", [b"", b"From: \xff\xfe\r\nSubject: \xff\r\n\r\n", b"Subject: =?x?q?=FF?=\r\n\r\n"])
def test_a_broken_mail_names_nothing(raw: bytes) -> None:
    read = parse_unsubscribe_mail(raw, ["unsub+guess@mail.example.net"])
    assert (read.token, read.source, read.from_address) == (None, None, None)
