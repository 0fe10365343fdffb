"""The pages of the desk as the operator sees them; the walk through them is in test_walk_consent."""

from typing import Any

import pytest

from support.browsers import looked_at

pytestmark = pytest.mark.browser

DESK = {
    "desk": "/desk/",
    "applications": "/desk/applications/",
    "mailings": "/desk/campaigns/",
    "letters": "/desk/messages/",
    "accounts": "/desk/accounts/",
    "documents": "/desk/documents/",
    "document-new": "/desk/documents/new/terms/",
    "audit": "/desk/audit/?check=1",
    "test inbox": "/desk/test-inbox/",
    "origins": "/desk/origins/",
    "figures": "/desk/figures/",
    "cases": "/desk/cases/",
    "cases-new": "/desk/cases/new/",
    "cases-figures": "/desk/cases/figures/",
    "mail": "/desk/mail/",
    "privacy": "/desk/privacy/",
    "relays": "/desk/relays/",
    "relay-new": "/desk/relays/new/",
}


@pytest.mark.parametrize("look", [("en", "ink", False), ("de", "letter", True)], ids=["en", "de"])
@pytest.mark.parametrize("name", DESK)
def test_the_pages_of_the_desk(otto: Any, name: str, look: tuple[str, str, bool]) -> None:
    """Each fits desktop and phone, light and dark, English and German, and axe has nothing to say."""
    otto.look_as(*look)
    otto.go(DESK[name])
    looked_at(otto, f"desk-{name}")
