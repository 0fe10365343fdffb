"""Uploaded coupon codes: encodings, columns, repetitions, limits."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailflatrate.apps.campaigns.coupon_codes import MOST_CODES, MOST_OCTETS, read_codes


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_first_column_is_read_in_every_usual_encoding(encoding: str) -> None:
    text = 'Code;Für wen\r\n"SPRING-1";Köln\r\n\r\nSPRING-2\tx\r\nSPRING-1\r\n'
    found = read_codes(text.encode(encoding))
    assert (found.codes, found.repeated, found.mistakes, found.problem) == (("SPRING-1", "SPRING-2"), 1, (), "")


def test_lines_without_a_code_are_named() -> None:
    found = read_codes(b"AB\nGOOD-1\nwith space\n<script>\n{{ x }}\n=HYPERLINK(1)\n'1\n")
    assert found.codes == ("GOOD-1",)
    assert [number for number, _text in found.mistakes] == [1, 3, 4, 5, 6]
    assert read_codes(b"GOOD-1\ncode\n").codes == ("GOOD-1", "code"), "a heading is on top"
    assert read_codes(b" \n\n").problem == "empty"


@pytest.mark.parametrize(
    "address",
    [
        "https://eve.com/u17",
        "eve.com/u17",
        "EVE.COM",
        "www.eve.com",
        "10.1.2.3/u17",
        "mailto://eve.com",
        "eve@eve.com",
        "a//eve.com",
    ],
)
def test_an_address_is_no_code_because_nobody_reads_codes_before_an_approval(address: str) -> None:
    found = read_codes(f"SPRING-1\n{address}\nSPRING.2\nV1.0/A\n".encode())
    assert found.codes == ("SPRING-1", "SPRING.2", "V1.0/A")
    assert found.mistakes == ((2, address),)


def test_an_upload_is_bounded() -> None:
    assert read_codes(b"A" * (MOST_OCTETS + 1)).problem == "too_large"
    assert read_codes("\n".join(f"C{n}" for n in range(10_000, 10_001 + MOST_CODES)).encode()).problem == "too_many"


@given(st.binary(max_size=400))
@example(b"\xff\xfeA\x00\xd8\xd8")
@example(b"\xfe\xff\x00")
@example(b"\x00\r\r\n\xef\xbb\xbf")
def test_any_octets_are_codes_or_mistakes(data: bytes) -> None:
    found = read_codes(data)
    assert all(code.isascii() and 3 <= len(code) <= 64 for code in found.codes)
