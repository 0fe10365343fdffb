"""Secrets at rest."""

import pytest

from mailflatrate.mail.signing.vault import Vault, VaultError

OLD, NEW = ("a", b"\1" * 32), ("b", b"\2" * 32)


def test_what_is_sealed_opens_in_its_place_only() -> None:
    vault = Vault([OLD])
    sealed = vault.seal(b"secret key", "dkim:one")
    assert b"secret" not in sealed.encode()
    assert vault.seal(b"secret key", "dkim:one") != sealed
    assert vault.open(sealed, "dkim:one") == b"secret key"
    changed = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]
    for text, place in ((sealed, "dkim:two"), (changed, "dkim:one"), ("v1.a.", "dkim:one"), ("clear", "dkim:one")):
        with pytest.raises(VaultError):
            vault.open(text, place)
    with pytest.raises(VaultError, match="doesn't have"):
        Vault([NEW]).open(sealed, "dkim:one")


def test_an_old_key_of_the_ring_still_opens() -> None:
    sealed = Vault([OLD]).seal(b"secret", "x")
    turned = Vault.parse(f"b:{NEW[1].hex()}, a:{OLD[1].hex()}")
    assert turned.open(sealed, "x") == b"secret"
    assert turned.seal(b"secret", "x").startswith("v1.b.")
    with pytest.raises(VaultError):
        Vault.parse("no ring")
