"""The installation's key ring, from its settings: for identifiers that outsiders see, and for stored secrets."""

from functools import cache
from typing import NamedTuple

from mailflatrate.mail.address import AddressError, canonical_key, mailbox_forms
from mailflatrate.mail.identifiers.tokens import KeyRing
from mailflatrate.mail.signing.vault import Vault
from mailflatrate.settings.secrets import load_secrets


@cache
def key_ring() -> KeyRing:
    return KeyRing.parse(load_secrets().token_keys)


def canonical_address_key(canonical: str) -> bytes:
    """Return the keyed hash of a canonical address (R-20), by which it is found without being stored (R-96)."""
    return key_ring().suppression_key(canonical)


def address_key(email: str) -> bytes | None:
    """Return the keyed hash of an address, in any spelling; None if it isn't an address."""
    try:
        return canonical_address_key(canonical_key(email))
    except AddressError:
        return None


class MailboxKeys(NamedTuple):
    """The keyed hashes of `mailbox_forms`: under which a no of a mailbox is found, and its messages are counted."""

    exact: bytes
    without_tag: bytes
    mailbox: bytes


def mailbox_keys(email: str) -> MailboxKeys:
    """Return the keys of an address's mailbox. Raises AddressError."""
    forms = mailbox_forms(canonical_key(email))
    keys = {form: canonical_address_key(form) for form in set(forms)}
    return MailboxKeys(*(keys[form] for form in forms))


@cache
def vault() -> Vault:
    return Vault.parse(load_secrets().token_keys)
