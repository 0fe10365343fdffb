"""The desk sees that requests are carried out and the ledger is sealed; it sees nobody's address."""

from datetime import timedelta

import pytest

from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.base import clock, tenancy
from support.desk import desk
from support.ledger import customer_with_ledger

pytestmark = pytest.mark.usefixtures("database")


def test_requests_of_all_customers_and_what_is_stuck() -> None:
    otto, anna = desk(), customer_with_ledger()
    now = clock.now()
    with tenancy.account(anna.account_id):
        request = PrivacyRequest.objects.create(
            kind="erasure",
            state="confirmed",
            contact_id=anna.contact_id,
            address_key=b"x" * 32,
            expires_at=now,
            confirmed_at=now - timedelta(hours=2),
        )
    page = otto.page("privacy/")
    assert "A request is stuck" in page
    assert "Erase data" in page
    assert "posteo.de" not in page
    assert "Erase data" in otto.page("privacy/?state=confirmed")
    with tenancy.account(anna.account_id):
        PrivacyRequest.objects.filter(id=request.id).update(state="done", done_at=now)
    assert "A request is stuck" not in otto.page("privacy/")


def test_the_ledger_shows_how_far_it_is_sealed() -> None:
    otto, anna = desk(), customer_with_ledger()
    ledger_seals.seal_ledger()
    assert "mailflatrate consent verify --ledger" in otto.page("privacy/")
    assert "The ledger isn" not in otto.page("privacy/")
    fresh = anna.write()
    assert fresh
    assert 'value="0"' not in otto.page("privacy/")
