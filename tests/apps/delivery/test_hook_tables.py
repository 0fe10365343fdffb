"""What posts are proved by is sealed for its relay."""

import pytest

from mailflatrate.mail.signing.vault import VaultError
from support.provider_events import MAILGUN_KEY, hooked_relay


def test_a_sealed_key_opens_in_its_own_row_alone() -> None:
    with hooked_relay("mailgun") as mine, hooked_relay("mailgun") as other:
        row, moved = mine.row, other.row
        assert row.open() == MAILGUN_KEY
        assert MAILGUN_KEY not in row.secret_sealed
        moved.secret_sealed = row.secret_sealed
        with pytest.raises(VaultError):
            moved.open()
