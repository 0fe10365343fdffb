"""Every address we write is read back; every other address is nobody's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailflatrate.mail.identifiers.tokens import KeyRing, TokenPurpose
from mailflatrate.mail.identifiers.verp import (
    InboundAddress,
    RecipientKind,
    parse_recipient,
    return_path,
    unsubscribe_address,
)

RING = KeyRing.parse("k1:" + "5a" * 32)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**48 - 1))
def test_a_return_path_leads_back_to_its_delivery(account: int, delivery: int) -> None:
    token = RING.seal(TokenPurpose.VERP, account, delivery)
    address = return_path(token, "bounce.news.example.org")
    assert len(address.partition("@")[0]) <= 64
    for written in (address, address.upper(), f"<{address}>", f" {address}. "):
        assert parse_recipient(written) == InboundAddress(RecipientKind.BOUNCE, token, "bounce.news.example.org")


def test_an_unsubscribe_address_is_read_back() -> None:
    token = RING.seal(TokenPurpose.UNSUBSCRIBE, 7, 42)
    read = parse_recipient(unsubscribe_address(token, "mail.example.net"))
    assert read == InboundAddress(RecipientKind.UNSUBSCRIBE, token, "mail.example.net")


@pytest.mark.parametrize(
    ("address", "kind", "domain"),
    [
        ("fbl@mail.example.net", RecipientKind.FEEDBACK, "mail.example.net"),
        ("Abuse@MAIL.example.net", RecipientKind.ABUSE, "mail.example.net"),
        ("POSTMASTER", RecipientKind.POSTMASTER, ""),
        ('"postmaster"@mail.example.net', RecipientKind.POSTMASTER, "mail.example.net"),
        ("b@mail.example.net", RecipientKind.OTHER, "mail.example.net"),
        ("b+@mail.example.net", RecipientKind.OTHER, "mail.example.net"),
        ("b+short@mail.example.net", RecipientKind.OTHER, "mail.example.net"),
        (f"b+{'0' * 32}@mail.example.net", RecipientKind.OTHER, "mail.example.net"),
        (f"b+{'a' * 33}@mail.example.net", RecipientKind.OTHER, "mail.example.net"),
        (f"abuse+{'a' * 32}@mail.example.net", RecipientKind.OTHER, "mail.example.net"),
        ("dora@mail.example.net", RecipientKind.OTHER, "mail.example.net"),
        ("<>", RecipientKind.OTHER, ""),
        ("", RecipientKind.OTHER, ""),
        ("@", RecipientKind.OTHER, ""),
    ],
)
def test_classification(address: str, kind: RecipientKind, domain: str) -> None:
    assert parse_recipient(address) == InboundAddress(kind, None, domain)


@given(st.text())
def test_any_text_is_classified_without_raising(text: str) -> None:
    assert parse_recipient(text).kind in RecipientKind
