"""Recognition of links that an edition of this installation rewrote, by their sealed token."""

import re

from mailflatrate.mail.links import LinkKind
from mailflatrate.mail.tokens import TOKEN_PATTERN, KeyRing, KeyRingError, TokenPurpose

_CLICK = re.compile(rf"(https?://[^/?#]+)/({LinkKind.CLICK.value}|{LinkKind.PERSONAL_CLICK.value})/({TOKEN_PATTERN})")
_PURPOSES = {LinkKind.CLICK.value: TokenPurpose.CLICK, LinkKind.PERSONAL_CLICK.value: TokenPurpose.PERSONAL_CLICK}


class OwnLinks:
    """A check against the installation's key ring, which is loaded for the first link that looks like ours."""

    def __init__(self) -> None:
        self._ring: KeyRing | None = None
        self._base = ""
        self._is_read = False

    def rewrote(self, url: str) -> bool:
        """Return True for one of our links whose token was sealed here."""
        found = _CLICK.fullmatch(url)
        if found is None:
            return False
        if not self._is_read:
            self._read()
        if self._ring is None or found[1].lower() != self._base:
            return False
        return self._ring.open_token(_PURPOSES[found[2]], found[3]) is not None

    def _read(self) -> None:
        """Read the key ring from the environment or the data folder; never create one."""
        from mailflatrate.settings.schema import SettingsError, load_settings
        from mailflatrate.settings.secrets import load_secrets

        self._is_read = True
        try:
            settings = load_settings()
            if settings.token_keys or (settings.data_dir / "secrets.json").exists():
                self._ring, self._base = KeyRing.parse(load_secrets().token_keys), settings.public_url.lower()
        except (SettingsError, KeyRingError, OSError, ValueError):
            self._ring = None
