"""How second factors are stored in the database: sealed, so that a row reveals no seed."""

from allauth.mfa.adapter import DefaultMFAAdapter

from mailflatrate.base.ids import vault

PLACE = "second factor"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    def encrypt(self, text: str) -> str:
        return vault().seal(text.encode(), PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the plain text. Raises VaultError if it was not sealed here."""
        return vault().open(encrypted_text, PLACE).decode()
