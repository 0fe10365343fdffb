"""The installation's key ring, bound to its settings: identifiers that outsiders see, and secrets at rest."""

from functools import cache

from mailflatrate.mail.tokens import KeyRing
from mailflatrate.mail.vault import Vault
from mailflatrate.settings.secrets import load_secrets


@cache
def key_ring() -> KeyRing:
    """The key ring of this installation (ARCHITECTURE section 6): seals and opens every token in a mail."""
    return KeyRing.parse(load_secrets().token_keys)


@cache
def vault() -> Vault:
    """Seals secrets for the database under keys derived from the same ring."""
    return Vault.parse(load_secrets().token_keys)
