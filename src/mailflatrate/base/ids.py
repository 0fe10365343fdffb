"""Identifiers that outsiders see: the installation's key ring, bound to its settings."""

from functools import cache

from mailflatrate.mail.tokens import KeyRing
from mailflatrate.settings.secrets import load_secrets


@cache
def key_ring() -> KeyRing:
    """The key ring of this installation (ARCHITECTURE section 6): seals and opens every token in a mail."""
    return KeyRing.parse(load_secrets().token_keys)
