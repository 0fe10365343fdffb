"""What a customer owes a person: the copy and the erasure, each after a clear question."""

import io
import zipfile

import pytest

from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.models import PrivacyRequest
from mailflatrate.base import clock, tenancy
from support.contact_files import file_of, line
from support.customers import Customer, customer_with_members

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def anna() -> Customer:
    made = customer_with_members()
    made.bring(file_of(line("dora@web.de")).getvalue())
    return made


def test_the_copy_comes_after_a_question(anna: Customer) -> None:
    contact = anna.contact("dora@web.de")
    address = f"contacts/{contact.id}/data/"
    assert f'href="/studio/{address}"' in anna.page(f"contacts/{contact.id}/")
    assert "Download all stored data?" in anna.page(address)
    answer = anna.client.post(f"/studio/{address}")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert set(archive.namelist()) == {"stored.json", f"consent-list-{anna.list_id}.json"}
        assert b"dora@web.de" in archive.read("stored.json")
    assert anna.ben.get(f"/studio/{address}").status_code == 200
    assert anna.ben.post(f"/studio/{address}").status_code == 403


def test_erasure_names_what_is_lost_and_wants_a_tick(anna: Customer) -> None:
    contact = anna.contact("dora@web.de")
    address = f"/studio/contacts/{contact.id}/erase/"
    page = anna.page(f"contacts/{contact.id}/erase/")
    assert "Erase permanently?" in page
    assert "dora@web.de" in page
    assert "Download all data first" in page
    assert anna.client.post(address).status_code == 422
    assert anna.ben.post(address, {"sure": "on"}).status_code == 403
    assert anna.contact("dora@web.de")
    assert anna.client.post(address, {"sure": "on"}).status_code == 303
    with tenancy.account(anna.account_id):
        assert not Contact.objects.exists()
        assert PrivacyRequest.objects.get().started_by is not None
    assert anna.client.get(address).status_code == 404
    assert "Erase data" in anna.page("requests/")


def test_what_a_person_wrote_stands_where_the_customer_looks(anna: Customer) -> None:
    contact = anna.contact("dora@web.de")
    with tenancy.account(anna.account_id):
        PrivacyRequest.objects.create(
            kind="correction",
            state="done",
            contact_id=contact.id,
            address_key=b"x" * 32,
            expires_at=clock.now(),
            values={"note": "I moved to <b>Bonn</b>"},
        )
    for page in (anna.page(f"contacts/{contact.id}/"), anna.page("requests/")):
        assert "I moved to &lt;b&gt;Bonn&lt;/b&gt;" in page
