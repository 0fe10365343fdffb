"""The installation's key ring, bound to its settings: identifiers that outsiders see, and secrets at rest."""

from functools import cache

from mailflatrate.mail.tokens import KeyRing
from mailflatrate.mail.vault import Vault
from mailflatrate.settings.secrets import load_secrets


@cache
def key_ring() -> KeyRing:
    """Return the installation's key ring (ARCHITECTURE section 6), which seals and opens every token in a message."""
    return KeyRing.parse(load_secrets().token_keys)


@cache
def vault() -> Vault:
    """Return the vault, which seals secrets for the database under keys derived from the same ring."""
    return Vault.parse(load_secrets().token_keys)
