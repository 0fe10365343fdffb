"""The key under which an address is found and suppressed, and the domain of an address."""

import pytest

from mailflatrate.base.ids import address_key, canonical_address_key, key_ring
from mailflatrate.mail.address import domain_of, local_part_of


@pytest.mark.parametrize("spelling", ["dora@example.org", "Dora@Example.ORG", " DORA@example.org "])
def test_every_spelling_of_an_address_has_one_key(spelling: str) -> None:
    assert address_key(spelling) == canonical_address_key("dora@example.org")
    assert address_key(spelling) == key_ring().suppression_key("dora@example.org")


@pytest.mark.parametrize("text", ["", "dora", "dora@", "@example.org", "dora@[192.0.2.1]", "a b@example.org"])
def test_what_is_no_address_has_no_key(text: str) -> None:
    assert address_key(text) is None


def test_another_address_has_another_key() -> None:
    assert len({address_key(each) for each in ("dora@example.org", "dora+x@example.org", "dora@example.com")}) == 3


def test_an_address_is_divided_at_its_last_at_sign() -> None:
    assert (local_part_of('"a@b"@Example.ORG'), domain_of('"a@b"@Example.ORG')) == ('"a@b"', "example.org")
    assert (local_part_of("Example.org"), domain_of("Example.org")) == ("", "example.org")
