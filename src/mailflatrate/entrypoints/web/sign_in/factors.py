"""How second factors rest in the database: sealed, so that a row gives away no seed."""

from allauth.mfa.adapter import DefaultMFAAdapter

from mailflatrate.base.ids import vault

PLACE = "second factor"


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Seals the seeds of authenticator apps and of recovery codes under the key ring of the installation."""

    def encrypt(self, text: str) -> str:
        """Return the sealed text."""
        return vault().seal(text.encode(), PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the text. Raises VaultError for one that was not sealed here."""
        return vault().open(encrypted_text, PLACE).decode()
