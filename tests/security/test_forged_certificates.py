"""Forged certificates of consent: made up, truncated, of another installation, with evidence exchanged, signed by Eve.

Eve knows how everything is hashed and has a genuine certificate. Each forgery is refused with a reason of its own.
"""

import copy
import json
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from mailflatrate.apps.consent import ledger
from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.consent.signing_keys import KEYS_PATH, rotate_signing_key
from mailflatrate.apps.lists.models import ConsentKind
from mailflatrate.base import clock, tenancy
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.rules.proof.elements import SINCE_FORM_3, ProofEvent, elements_of
from mailflatrate.rules.proof.record import EventRecord, SealRecord, moment_text, read_evidence
from mailflatrate.rules.proof.signature import KEYS_FORM, PublishedKey, sign_certificate
from mailflatrate.settings.roles import PLATFORM_ROLE, app_url, enter_role
from mailflatrate.settings.schema import load_settings
from support.certificates import Signed, keys_file, verified

Certificate = dict[str, Any]
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def signed(database: str) -> Signed:
    assert database
    return Signed()


@pytest.fixture
def genuine(signed: Signed) -> Certificate:
    return copy.deepcopy(signed.certificate())


def shown_again(certificate: Certificate) -> None:
    """What is shown to people, computed from the events as Eve would."""
    proof = [
        ProofEvent(
            EventRecord.from_json(item["event"]), read_evidence(item["evidence"]["text"]) if item["evidence"] else None
        )
        for item in certificate["events"]
    ]
    certificate["elements"] = [each.as_json() for each in elements_of(proof)]


@pytest.mark.parametrize("name", ["person", "events", "elements", "list", "account"])
@pytest.mark.parametrize("first", [True, False])
def test_a_member_that_is_named_twice_is_refused_by_us_and_by_the_published_script(
    signed: Signed, genuine: Certificate, tmp_path: Path, name: str, first: bool
) -> None:
    """Programs differ in which of two members counts, so Eve would show one and have the other verified."""
    forged = json.dumps({"email": "never-asked@brief.example", "contact": 1, "name": "x", "id": 1})
    whole = json.dumps(genuine)
    twice = whole.replace(f'"{name}": ', f'"{name}": {forged}, "{name}": ', 1)
    if not first:
        twice = f'{whole[:-1]}, "{name}": {json.dumps(genuine[name])}}}'
    file = tmp_path / "certificate.json"
    file.write_text(twice)
    keys = keys_file(tmp_path)
    told = CliRunner().invoke(cli, ["consent", "verify", str(file), "--service-keys", str(keys)])
    assert told.exit_code == 1 and "each name once" in told.output
    script = re.search(r"```python\n(.*?)```", (DOCS / "proof.md").read_text(), re.S)
    assert script is not None
    done = subprocess.run([sys.executable, "-c", script[1], str(file), str(keys)], capture_output=True, check=False)
    assert done.returncode != 0 and b"repeated" in done.stderr
    file.write_text(whole)
    told = CliRunner().invoke(cli, ["consent", "verify", str(file), "--service-keys", str(keys)])
    assert told.exit_code == 0 and f"the consent of {genuine['person']['email']}" in told.output


def exchange_address(certificate: Certificate, address: str) -> None:
    """Another address in every event, with salt, commitment and display made to fit."""
    for item in certificate["events"]:
        text = item["evidence"]["text"].replace("dora@posteo.de", address)
        salt = bytes.fromhex(item["evidence"]["salt"])
        item["evidence"] |= {"text": text, "fields": read_evidence(text)}
        item["event"]["commitment"] = sha256(salt + text.encode()).hexdigest()
    certificate["person"]["email"] = address
    shown_again(certificate)


def sealed_again(certificate: Certificate) -> None:
    """A tree of Eve's own over each event."""
    certificate["seals"], previous = [], bytes(32)
    for number, item in enumerate(certificate["events"], start=1):
        event = EventRecord.from_json(item["event"])
        seal = SealRecord(number, "2020-01-01T00:00:01.000000Z", event.id - 1, event.id, 1, event.leaf(), previous)
        previous = seal.hash()
        certificate["seals"].append({**seal.as_json(), "signature": None})
        item["inclusion"] = {"seal": number, "index": 0, "path": []}
    certificate["time_stamps"] = []


def as_old_form(certificate: Certificate) -> None:
    """Form 1 had no signature, and fewer elements."""
    certificate["format"] = "mailflatrate consent certificate 1"
    certificate["elements"] = [each for each in certificate["elements"] if each["key"] not in SINCE_FORM_3]
    certificate.pop("signature", None)


def signed_by_eve(certificate: Certificate) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    certificate["signature"] = sign_certificate(key, certificate)
    return key


def test_a_genuine_certificate_holds_by_keys_and_by_ledger_and_alone_is_only_consistent(
    genuine: Certificate, tmp_path: Path
) -> None:
    alone = verified(genuine, tmp_path)
    assert alone.exit_code == 4, alone.output
    assert "not vouched for by anyone outside" in alone.output
    for options in (["--service-keys", str(keys_file(tmp_path))], ["--ledger"]):
        answer = verified(genuine, tmp_path, *options)
        assert answer.exit_code == 0, answer.output
        assert answer.output.rstrip().endswith("The certificate holds.")
    no_authority = tmp_path / "none.pem"
    no_authority.write_text("")
    assert verified(genuine, tmp_path, "--tsa-certificates", str(no_authority)).exit_code != 0


def test_exchanged_evidence_without_proofs_is_refused_however_it_is_dressed(
    genuine: Certificate, tmp_path: Path
) -> None:
    exchange_address(genuine, "never-asked@posteo.de")
    for item in genuine["events"]:
        item["inclusion"] = None
    edited = verified(genuine, tmp_path, "--ledger")
    assert edited.exit_code == 1
    assert "not one over this certificate" in edited.output
    as_old_form(genuine)
    assert verified(genuine, tmp_path).exit_code == 3
    old = verified(genuine, tmp_path, "--ledger")
    assert old.exit_code == 1
    assert "in this ledger with another content" in old.output
    genuine["seals"] = []
    emptied = verified(genuine, tmp_path, "--ledger")
    assert emptied.exit_code == 1
    assert "in this ledger with another content" in emptied.output


def test_a_made_up_certificate_is_vouched_for_by_nobody(genuine: Certificate, tmp_path: Path) -> None:
    exchange_address(genuine, "never-asked@posteo.de")
    sealed_again(genuine)
    eve = signed_by_eve(genuine)
    alone = verified(genuine, tmp_path)
    assert alone.exit_code == 4
    assert "says nothing about whose it is" in alone.output
    by_keys = verified(genuine, tmp_path, "--service-keys", str(keys_file(tmp_path)))
    assert by_keys.exit_code == 1
    assert "a key that is not the service's" in by_keys.output
    by_ledger = verified(genuine, tmp_path, "--ledger")
    assert by_ledger.exit_code == 1
    assert "are not those of this ledger" in by_ledger.output
    forged_id = PublishedKey(eve.public_key().public_bytes_raw(), "2000-01-01T00:00:00.000000Z").as_json()
    forged_id["id"] = json.loads(keys_file(tmp_path).read_text())["keys"][0]["id"]
    history = tmp_path / "forged.json"
    history.write_text(json.dumps({"format": KEYS_FORM, "keys": [forged_id]}))
    assert verified(genuine, tmp_path, "--service-keys", str(history)).exit_code == 1


def test_events_that_were_never_recorded_are_named(genuine: Certificate, tmp_path: Path) -> None:
    for item in genuine["events"]:
        item["event"]["id"] += 10_000_000
    sealed_again(genuine)
    shown_again(genuine)
    as_old_form(genuine)
    answer = verified(genuine, tmp_path, "--ledger")
    assert answer.exit_code == 1
    assert "are not in this ledger" in answer.output


def test_a_certificate_of_another_installation_is_named_as_such(genuine: Certificate, tmp_path: Path) -> None:
    genuine["service"]["domain"] = "other.example"
    signed_by_eve(genuine)
    answer = verified(genuine, tmp_path, "--ledger")
    assert answer.exit_code == 1
    assert "issued by other.example" in answer.output


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9, 0.999])
def test_a_truncated_certificate_is_refused(genuine: Certificate, tmp_path: Path, keep: float) -> None:
    text = json.dumps(genuine)
    file = tmp_path / "certificate.json"
    file.write_text(text[: int(len(text) * keep)])
    answer = CliRunner().invoke(cli, ["consent", "verify", str(file), "--service-keys", str(keys_file(tmp_path))])
    assert answer.exit_code == 1
    assert "not a whole certificate" in answer.output or "neither a whole certificate" in answer.output


@pytest.mark.parametrize("part", ["events", "seals", "time_stamps", "elements", "imports", "state", "account", "list"])
def test_each_part_is_under_the_signature(genuine: Certificate, tmp_path: Path, part: str) -> None:
    match genuine[part]:
        case list() as items:
            items.append(copy.deepcopy(items[0]) if items else {"x": 1})
        case dict() as fields:
            fields["name"] = fields["since"] = "Eve"
    answer = verified(genuine, tmp_path, "--service-keys", str(keys_file(tmp_path)))
    assert answer.exit_code == 1, answer.output


def test_a_signature_that_is_taken_off_is_missed(genuine: Certificate, tmp_path: Path) -> None:
    del genuine["signature"]
    answer = verified(genuine, tmp_path, "--ledger")
    assert answer.exit_code == 1
    assert "signature is missing" in answer.output


def test_an_octet_that_moves_from_the_salt_into_the_text_is_refused(genuine: Certificate, tmp_path: Path) -> None:
    evidence = genuine["events"][0]["evidence"]
    salt = bytes.fromhex(evidence["salt"]) + evidence["text"][:1].encode()
    evidence |= {"salt": salt.hex(), "text": evidence["text"][1:]}
    as_old_form(genuine)
    assert "is not the one that was recorded" in verified(genuine, tmp_path).output


def test_a_retired_key_signs_nothing_that_is_issued_later(signed: Signed, tmp_path: Path) -> None:
    before = copy.deepcopy(signed.certificate())
    key = rotate_signing_key()
    assert before["signature"]["key"] != key.id
    keys = str(keys_file(tmp_path))
    assert verified(before, tmp_path, "--service-keys", keys).exit_code == 0
    assert signed.certificate()["signature"]["key"] == key.id
    history = json.loads(Path(keys).read_text())
    stolen = Ed25519PrivateKey.generate()
    old = PublishedKey(stolen.public_key().public_bytes_raw(), "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    history["keys"].append(old.as_json())
    Path(keys).write_text(json.dumps(history))
    before["issued_at"] = moment_text(clock.now())
    before["signature"] = sign_certificate(stolen, before)
    answer = verified(before, tmp_path, "--service-keys", keys)
    assert answer.exit_code == 1
    assert "was not in use" in answer.output


def test_anyone_reads_the_keys_and_nobody_reads_a_private_half(signed: Signed) -> None:
    answer = Client().get(KEYS_PATH)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    found = answer.json()
    assert {key["id"] for key in found["keys"]} >= {signed.certificate()["signature"]["key"]}
    assert all(set(key) == {"id", "algorithm", "public_key", "created_at", "retired_at"} for key in found["keys"])
    assert Client().post(KEYS_PATH).status_code == 405


WRITES = [
    "INSERT INTO signing_key (public_key, private_sealed, created_at) VALUES ('\\x00', 'x', now())",
    "UPDATE signing_key SET retired_at = now()",
    "UPDATE signing_key SET public_key = '\\x01'",
    "DELETE FROM signing_key",
]


@pytest.mark.parametrize("statement", WRITES)
def test_raw_sql_makes_no_key(database: str, statement: str) -> None:
    with psycopg.connect(app_url(load_settings())) as stranger, pytest.raises(psycopg.errors.InsufficientPrivilege):
        stranger.execute(statement)


@pytest.mark.parametrize("statement", WRITES[2:])
def test_not_even_the_platform_changes_a_key(database: str, statement: str) -> None:
    with psycopg.connect(app_url(load_settings())) as connection:
        enter_role(connection, PLATFORM_ROLE)
        with pytest.raises(psycopg.Error):
            connection.execute(statement)


def test_the_script_of_the_documentation_needs_nothing_of_ours(genuine: Certificate, tmp_path: Path) -> None:
    script = re.search(r"```python\n(.*?)```", (DOCS / "proof.md").read_text(), re.S)
    assert script is not None
    (tmp_path / "check.py").write_text(script[1])
    assert len(script[1].splitlines()) <= 60
    file, keys = tmp_path / "certificate.json", keys_file(tmp_path)

    def run() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(tmp_path / "check.py"), str(file), str(keys)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    file.write_text(json.dumps(genuine))
    good = run()
    assert good.returncode == 0, good.stderr
    assert "dora@posteo.de" in good.stdout
    exchange_address(genuine, "never-asked@posteo.de")
    file.write_text(json.dumps(genuine))
    assert run().returncode != 0


def without_the_last(certificate: Certificate) -> None:
    """The newest event left out, and what is shown made to fit."""
    certificate["events"].pop()
    shown_again(certificate)


def before_the_first_key(certificate: Certificate) -> None:
    """Dated to a time in which the service signed nothing."""
    certificate["issued_at"] = "2020-01-01T00:00:00.000000Z"


def test_a_withdrawal_that_is_left_out_is_missed(signed: Signed, tmp_path: Path) -> None:
    with tenancy.account(signed.account_id):
        ledger.append(
            signed.dora, signed.list_id, ConsentKind.WITHDRAWN, clock.now(), ledger.EventEvidence("dora@posteo.de")
        )
    ledger_seals.seal_ledger()
    certificate = copy.deepcopy(signed.certificate())
    assert verified(certificate, tmp_path, "--ledger").exit_code == 0
    without_the_last(certificate)
    as_old_form(certificate)
    answer = verified(certificate, tmp_path, "--ledger")
    assert answer.exit_code == 1
    assert "were left out" in answer.output
    assert "unsigned form 1" in answer.output
    before_the_first_key(certificate)
    answer = verified(certificate, tmp_path, "--ledger")
    assert answer.exit_code == 1, "its seals are younger than the date it was given"
    assert "since it was issued, the ledger got event" in answer.output


def test_an_address_that_no_event_shows_is_proved_by_none(genuine: Certificate, tmp_path: Path) -> None:
    for item in genuine["events"]:
        item["evidence"] = None
    genuine["person"]["email"] = "never-asked@posteo.de"
    shown_again(genuine)
    as_old_form(genuine)
    assert verified(genuine, tmp_path).exit_code == 3
    assert "whose consent it was" in verified(genuine, tmp_path, "--ledger").output
    assert verified(genuine, tmp_path, "--ledger").exit_code == 1
