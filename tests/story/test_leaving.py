"""Leaving as honestly as one came: an export goes into an empty installation with a database and keys of its own."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from copies import Copies
from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.signing_keys import rotate_signing_key
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.actions.feedback import record_complaint
from mailflatrate.apps.lists.models import Contact, Subscription
from mailflatrate.apps.privacy.certificate.build import build_certificate
from mailflatrate.apps.privacy.certificate.pdf import certificate_json
from mailflatrate.apps.segments.actions.exports import start_export
from mailflatrate.apps.segments.exports.runner import run_export
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.rules.proof.certificate import read_certificate
from prepared_database import copy_cluster, write_secrets
from support.certificates import keys_file, verified
from support.customers import Customer, customer_with_list, vetted_as

TESTS = Path(__file__).parents[1]
COMPANY = "Gärtnerei Eins GmbH"
"""Proof counts for the company that people agreed to."""
HEADER = "email,first_name,signup_at,signup_ip,confirmed_at,source,city,status"
WHOLE = "2026-10-01T10:00:00Z,192.0.2.1,2026-10-01T10:05:00Z,https://a.example/,Köln"
PEOPLE = {
    "dora@leaving-eins.de": f"Dora 🌷,{WHOLE},confirmed",
    "emil+news@leaving-eins.de": f"Emil,{WHOLE},confirmed",
    "fritz@leaving-eins.de": f"Fritz,{WHOLE},confirmed",
    "gerd@leaving-eins.de": f"Gerd,{WHOLE},confirmed",
    "hanna@leaving-eins.de": "Hanna,,,,,,confirmed",
    "ida@leaving-eins.de": f"Ida,{WHOLE},bounced",
    "jan@leaving-eins.de": f"=Jan,{WHOLE},confirmed",
}


@pytest.fixture(scope="module")
def anna(database: str) -> Customer:
    """Fritz left the list, Gerd complained, Hanna has no proof, Ida's mailbox is dead, Jan left everything."""
    assert database
    rotate_signing_key()  # the prepared cluster has the same one everywhere
    found = vetted_as(customer_with_list("First installation"), COMPANY)
    found.bring("\n".join((HEADER, *(f"{email},{rest}" for email, rest in PEOPLE.items()))))
    with tenancy.account(found.account_id):
        ids = dict(Contact.objects.values_list("email", "id"))
        gerd = Contact.objects.get(id=ids["gerd@leaving-eins.de"])
        unsubscribe(ids["fritz@leaving-eins.de"], list_id=found.list_id, by="link", source="test")
        record_complaint(gerd.id, at=gerd.created_at, source="test", evidence={})
        unsubscribe(ids["jan@leaving-eins.de"], list_id=None, by="link", source="test")
    ledger_seals.seal_ledger()
    return found


@pytest.fixture(scope="module")
def other(anna: Customer, copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    folder = tmp_path_factory.mktemp("other")
    with tenancy.account(anna.account_id):
        job = start_export(ExportContent.PROOF, ExportFormat.NDJSON, by=None, enqueue=False)
    run_export(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        (folder / "proof.ndjson").write_bytes(storage.get(Export.objects.get(id=job.id).file_path))
    data = folder / "data"
    data.mkdir()
    write_secrets(data)
    copy_cluster(data)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("MAILFLATRATE_")},
        "MAILFLATRATE_DATA_DIR": str(data),
        "MAILFLATRATE_TRUSTED_PROOF_KEYS": str(keys_file(folder)),
        "PYTHONPATH": os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)]),
    }
    script = TESTS / "second_installation.py"
    told = copies.run(script, str(folder / "proof.ndjson"), COMPANY, *PEOPLE, environment=environment)
    assert told.returncode == 0, told.stderr[-4000:]
    yield json.loads(told.stdout.splitlines()[-1])


def test_the_same_people_are_mailable_and_the_same_suppressed(anna: Customer, other: dict[str, Any]) -> None:
    assert (other["was_empty"], other["state"], other["problem"]) == (True, "done", "")
    with tenancy.account(anna.account_id):
        mailable = Subscription.objects.filter(state="confirmed").values_list("contact__email", flat=True)
        keys = dict(Contact.objects.values_list("email", "address_key"))
        suppressed = sorted(email for email, key in keys.items() if is_suppressed(bytes(key)))
        assert other["mailable"] == sorted(mailable) == ["dora@leaving-eins.de", "emil+news@leaving-eins.de"]
    assert set(other["suppressed"]) >= set(suppressed) == {"gerd@leaving-eins.de", "jan@leaving-eins.de"}
    assert "fritz@leaving-eins.de" in other["left"]
    assert "hanna@leaving-eins.de" not in other["mailable"]


def test_certificates_verify_on_both_sides(anna: Customer, other: dict[str, Any], tmp_path: Path) -> None:
    """Each by the keys of its own installation, and not by those of the other."""
    assert set(other["verified"].values()) == {0}
    first = keys_file(tmp_path)
    with tenancy.account(anna.account_id):
        dora = Contact.objects.get(email="dora@leaving-eins.de")
        mine = read_certificate(certificate_json(build_certificate(dora.id, anna.list_id, language="en")))
    assert verified(mine, tmp_path, "--service-keys", str(first)).exit_code == 0
    theirs = other["certificates"][dora.email]
    assert verified(theirs, tmp_path, "--service-keys", str(first)).exit_code != 0
    second = tmp_path / "second.json"
    second.write_text(json.dumps(other["keys"]))
    assert verified(theirs, tmp_path, "--service-keys", str(second)).exit_code == 0
