"""Portable consent: a proof export goes into another installation, with the same people mailable and the same noes."""

import io
import itertools
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.consent.models import ConsentEvidence
from mailflatrate.apps.consent.signing_keys import ensure_signing_key, key_history, published_keys, rotate_signing_key
from mailflatrate.apps.intake.actions import imports
from mailflatrate.apps.intake.models import Import, ImportRefusal
from mailflatrate.apps.intake.reading.import_options import ImportTerms
from mailflatrate.apps.intake.runner import run_import
from mailflatrate.apps.lists import trusted_keys
from mailflatrate.apps.lists.actions import consent, feedback
from mailflatrate.apps.lists.errors import OriginNeeded
from mailflatrate.apps.lists.models import Contact, ListOrigin, Subscription
from mailflatrate.apps.segments.actions import exports
from mailflatrate.apps.segments.exports.runner import run_export
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat
from mailflatrate.apps.suppression.queries import is_suppressed
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files as storage
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.rules.proof.portable import PORTABLE_FORM, PortableFault, PortableRefused, check_line, read_line
from mailflatrate.rules.proof.signature import KEYS_FORM, PublishedKey, sign_portable
from mailflatrate.settings.schema import load_settings
from support.customers import Customer, customer_with_list, vetted_as
from support.desk import desk
from support.origins import declare_origin
from support.scope import within

HEADER = "email;Vorname;Nachname;Anmeldezeit;Anmelde-IP;Bestätigt am;Bestätigungs-IP;Quelle;Stadt;Status"
ROW = "{email};{name};Meyer;2026-10-01T10:00:00Z;192.0.2.1;2026-10-01T10:05:00Z;192.0.2.1;https://a.example/;Kiel;{no}"
DOMAIN = "briefkasten-lindenhof.de"
DOCS = Path(__file__).parents[3] / "docs"
NAMES = ("dora", "emil", "fritz", "gerd", "hanna")
RUNS = itertools.count(1)
RUN = [0]
"""Other people in each test: who complained to two accounts is suppressed everywhere."""


def at(name: str) -> str:
    return f"{name}.{RUN[0]}@{DOMAIN}"


def target() -> Customer:
    """Another account of Anna's company."""
    return vetted_as(customer_with_list("Target"), "Lindenhof  GMBH.")


@pytest.fixture
def anna() -> Customer:
    ensure_signing_key()
    RUN[0] = next(RUNS)
    found = vetted_as(customer_with_list("Origin"), "Lindenhof GmbH")
    found.bring("\n".join((HEADER, *(ROW.format(email=at(name), name=name.title(), no="confirmed") for name in NAMES))))
    with tenancy.account(found.account_id):
        ids = dict(Contact.objects.values_list("email", "id"))
        consent.unsubscribe(ids[at("fritz")], list_id=found.list_id, by="link", source="test")
        feedback.record_complaint(
            ids[at("gerd")], at=Contact.objects.get(id=ids[at("gerd")]).created_at, source="test", evidence={}
        )
        consent.unsubscribe(ids[at("hanna")], list_id=None, by="link", source="test")
    return found


def exported(anna: Customer, file_format: ExportFormat = ExportFormat.NDJSON) -> bytes:
    job = within(anna, exports.start_export, ExportContent.PROOF, file_format, by=None, enqueue=False)
    run_export(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        return storage.get(Export.objects.get(id=job.id).file_path)


def states(place: Customer) -> dict[str, tuple[str, bool]]:
    with tenancy.account(place.account_id):
        rows = Subscription.objects.filter(mailing_list_id=place.list_id).select_related("contact")
        return {
            row.contact.email.partition(".")[0]: (row.state, is_suppressed(bytes(row.contact.address_key)))
            for row in rows
        }


def refusals(place: Customer, job: Import) -> dict[int, str]:
    with tenancy.account(place.account_id):
        return dict(ImportRefusal.objects.filter(source_import=job).values_list("line_number", "reason"))


def suppressed(place: Customer, anna: Customer) -> set[str]:
    with tenancy.account(anna.account_id):
        keys = {email: bytes(key) for email, key in Contact.objects.values_list("email", "address_key")}
    with tenancy.account(place.account_id):
        return {email.partition(".")[0] for email, key in keys.items() if is_suppressed(key)}


@pytest.mark.parametrize("file_format", list(ExportFormat))
def test_the_same_people_are_mailable_and_the_same_suppressed(anna: Customer, file_format: ExportFormat) -> None:
    moved = target()
    job = moved.bring(exported(anna, file_format))
    assert (job.state, job.accepted, job.problem) == ("done", 2, "")
    assert states(moved) == {
        "dora": ("confirmed", False),
        "emil": ("confirmed", False),
        "fritz": ("unsubscribed", False),
    }
    assert suppressed(moved, anna) == suppressed(anna, anna) == {"gerd", "hanna"}
    assert job.refused == {"unsubscribed_before": 2, "complained_before": 1}
    with tenancy.account(moved.account_id):
        dora = Contact.objects.get(email=at("dora"))
        assert (dora.first_name, dora.attributes) == ("Dora", {"stadt": "Kiel"})


def test_the_proof_verifies_on_both_sides_and_says_where_it_came_from(anna: Customer) -> None:
    keys = {key.id: key for key in published_keys()}
    sent = exported(anna)
    for line in sent.splitlines()[:-1]:
        assert check_line(json.loads(line), keys).email
    moved = target()
    moved.bring(sent)
    with tenancy.account(moved.account_id):
        proof = ConsentEvidence.objects.get(email=at("dora")).details["proof"]
    assert proof["service"] == load_settings().service_domain
    carried = json.loads(proof["portable"])
    assert check_line(carried, keys).confirmed_at.startswith("2026-10-01T10:05:00")
    assert carried["account"]["name"].startswith("Origin")
    onward = json.loads(next(line for line in exported(moved).splitlines() if at("dora").encode() in line))
    assert check_line(onward, keys).confirmed_at.startswith("2026-10-01T10:05:00")
    assert proof["portable"] in json.loads(onward["events"][0]["evidence"]["text"])[7]["proof"]["portable"]


def _address(line: dict[str, Any]) -> None:
    line["person"]["email"] = at("eve")


def _time(line: dict[str, Any]) -> None:
    half = line["events"][0]["evidence"]
    half["text"] = half["text"].replace("2026-10-01T10:05", "2026-10-02T10:05")


def _list(line: dict[str, Any]) -> None:
    line["list"]["name"] = "Everything"


def _event_left_out(line: dict[str, Any]) -> None:
    line["events"] = line["events"][:-1]


def _period(line: dict[str, Any]) -> None:
    line["issued_at"] = "2020-01-01T00:00:00.000000Z"


def _unsigned(line: dict[str, Any]) -> None:
    del line["signature"]


def _own_signature(line: dict[str, Any]) -> None:
    line["signature"] = sign_portable(Ed25519PrivateKey.generate(), line)


FORGERIES: list[tuple[Callable[[dict[str, Any]], None], PortableFault]] = [
    (_address, PortableFault.SIGNATURE),
    (_time, PortableFault.EVIDENCE),
    (_list, PortableFault.SIGNATURE),
    (_event_left_out, PortableFault.SIGNATURE),
    (_period, PortableFault.SIGNATURE),
    (_unsigned, PortableFault.SIGNATURE),
    (_own_signature, PortableFault.UNKNOWN_KEY),
]


def test_each_forged_line_is_refused_with_its_reason_and_the_others_come_in(anna: Customer) -> None:
    sent = exported(anna).splitlines()
    at_dora = next(number for number, line in enumerate(sent) if at("dora").encode() in line)
    for forge, fault in FORGERIES:
        moved = target()
        line = json.loads(sent[at_dora])
        forge(line)
        forged = [*sent[:at_dora], json.dumps(line).encode(), *sent[at_dora + 1 :]]
        job = moved.bring(b"\n".join(forged) + b"\n")
        found = refusals(moved, job)
        assert found[at_dora + 1] == fault.value, forge
        assert found[len(sent) + 1] == PortableFault.CUT_OFF.value, "the count no longer matches"
        assert "dora" not in states(moved)
        assert states(moved)["emil"] == ("confirmed", False)


def test_a_no_that_was_edited_into_a_yes_makes_nobody_mailable(anna: Customer) -> None:
    sent = exported(anna).splitlines()
    number = next(number for number, line in enumerate(sent) if at("gerd").encode() in line)
    line = json.loads(sent[number])
    line["suppression"], line["state"]["state"] = None, "confirmed"
    line["events"] = line["events"][:1]
    moved = target()
    job = moved.bring(b"\n".join([*sent[:number], json.dumps(line).encode(), *sent[number + 1 :]]) + b"\n")
    assert refusals(moved, job)[number + 1] == PortableFault.SIGNATURE.value
    assert "gerd" not in states(moved)


def test_a_file_that_was_cut_off_says_so_and_has_lost_no_no(anna: Customer) -> None:
    sent = exported(anna)
    moved = target()
    job = moved.bring(sent[: sent.index(at("emil").encode()) + 20])
    assert PortableFault.CUT_OFF.value in refusals(moved, job).values()
    assert PortableFault.UNREADABLE.value in refusals(moved, job).values()
    assert suppressed(moved, anna) == {"gerd", "hanna"}
    assert states(moved)["fritz"] == ("unsubscribed", False)
    assert "emil" not in states(moved)


def test_a_no_of_the_target_wins_over_a_proof(anna: Customer) -> None:
    moved = target()
    moved.bring("\n".join((HEADER, ROW.format(email=at("dora"), name="Dora", no="unsubscribed"))))
    job = moved.bring(exported(anna))
    assert (job.accepted, job.refused["suppressed"]) == (1, 1)
    assert "dora" not in states(moved)


def test_nobody_is_mailable_before_the_origin_of_the_list_is_approved(anna: Customer) -> None:
    target = customer_with_list("Target", approved=False)
    with pytest.raises(OriginNeeded):
        target.bring(exported(anna))
    declare_origin(target.account_id, target.list_id)
    target.bring(exported(anna))
    assert {name: state for name, (state, _) in states(target).items()} == {
        "dora": "quarantined",
        "emil": "quarantined",
        "fritz": "unsubscribed",
    }


def test_another_installation_is_trusted_only_once_its_keys_are_named(
    anna: Customer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = Ed25519PrivateKey.generate()
    public = PublishedKey(foreign.public_key().public_bytes_raw(), "2026-01-01T00:00:00.000000Z")
    lines = []
    for octets in exported(anna).splitlines()[:-1]:
        line = json.loads(octets)
        line["service"]["domain"] = "elsewhere.example"
        lines.append(json.dumps({**line, "signature": sign_portable(foreign, line)}).encode())
    file = b"\n".join(lines) + b"\n"
    moved = target()
    assert set(refusals(moved, moved.bring(file)).values()) == {
        PortableFault.UNKNOWN_KEY.value,
        PortableFault.CUT_OFF.value,
        "complained_before",
        "unsubscribed_before",
    }, "a no needs no proof"
    assert suppressed(moved, anna) == {"gerd", "hanna"}
    (tmp_path / "elsewhere.json").write_text(json.dumps({"format": KEYS_FORM, "keys": [public.as_json()]}))
    settings = load_settings().model_copy(update={"trusted_proof_keys": tmp_path})
    monkeypatch.setattr(trusted_keys, "load_settings", lambda: settings)
    assert moved.bring(file).accepted == 2
    with tenancy.account(moved.account_id):
        assert ConsentEvidence.objects.get(email=at("dora")).details["proof"]["service"] == "elsewhere.example"


def test_a_retired_key_still_proves_what_it_signed(anna: Customer) -> None:
    sent = exported(anna)
    rotate_signing_key()
    assert target().bring(sent).accepted == 2


def test_a_minor_is_refused_whatever_the_proof_says(anna: Customer) -> None:
    with tenancy.account(anna.account_id):
        Contact.objects.filter(email=at("dora")).update(attributes={"birthday": "2020-01-01"})
    moved = target()
    job = moved.bring(exported(anna))
    assert (job.accepted, job.refused["minor"]) == (1, 1)
    assert "dora" not in states(moved)


def test_no_mapping_turns_a_no_into_a_yes(anna: Customer) -> None:
    """The columns are fixed, whatever the customer says about them."""
    moved = target()
    mapping = {"email": "email", "signup_at": "signup_at", "confirmed_at": "confirmed_at", "source": "source"}
    terms = ImportTerms(no_status={"state": "an internal code"})
    with tenancy.account(moved.account_id):
        file = io.BytesIO(exported(anna))
        job = imports.start_import(moved.list_id, file, "proof.ndjson", mapping, terms=terms, enqueue=False)
    run_import(moved.account_id, job.id)
    assert suppressed(moved, anna) == {"gerd", "hanna"}
    assert states(moved)["fritz"] == ("unsubscribed", False)


def test_a_table_that_only_looks_like_proof_is_read_as_nothing(anna: Customer) -> None:
    moved = target()
    titles = "email,signup_at,signup_ip,confirmed_at,source,state,mailflatrate_proof"
    cells = f"{at('eve')},2026-10-01T10:00:00Z,192.0.2.1,2026-10-01T10:05:00Z,https://a.example/,confirmed,yes"
    job = moved.bring(f"{titles}\n{cells}\n")
    assert (job.accepted, job.refused) == (0, {PortableFault.UNREADABLE.value: 1})


def test_hostile_lines_cost_little_and_are_refused() -> None:
    deep = b'{"format": "mailflatrate portable consent 1", "events": ' + b"[" * 200_000
    for octets in (deep, b"\xff\xfe", b"[]", b"1" * 5_000, b'{"format": 1}', b'{"format": "' + b"x" * 900_000):
        with pytest.raises(PortableRefused):
            read_line(octets)
    shape = {"format": PORTABLE_FORM, "issued_at": "2026", "service": [], "account": {"id": 10**400}, "person": None}
    for line in (shape, {**shape, "events": [{}] * 2_000, "list": None}, {**shape, "events": "x", "list": {"id": "1"}}):
        with pytest.raises(PortableRefused):
            check_line(line, {})


def _checked(script: str, file: Path, keys: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", script, str(file), str(keys)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_in_the_documentation_and_our_own_command_agree(anna: Customer, tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", (DOCS / "portable-consent.md").read_text(), re.S)
    assert found is not None
    script, sent = found[1], exported(anna)
    file, keys = tmp_path / "proof.ndjson", tmp_path / "keys.json"
    keys.write_text(json.dumps(key_history()))
    lines = sent.splitlines(keepends=True)
    forged = sent.replace(at("emil").encode(), at("eve").encode())
    for octets, good in ((sent, True), (forged, False), (b"".join(lines[:-1]), False), (b"".join(lines[1:]), False)):
        file.write_bytes(octets)
        assert (_checked(script, file, keys).returncode == 0) is good
        ours = CliRunner().invoke(cli, ["consent", "verify", str(file), "--service-keys", str(keys)])
        assert (ours.exit_code == 0) is good, ours.output
    assert "5 lines hold" in _checked(script, _written(file, sent), keys).stdout
    assert CliRunner().invoke(cli, ["consent", "verify", str(file)]).exit_code == 4


def _written(file: Path, octets: bytes) -> Path:
    file.write_bytes(octets)
    return file


def test_proof_for_another_company_is_held_and_the_reviewer_reads_whose_it_is(anna: Customer) -> None:
    carla = vetted_as(customer_with_list("Carla"), "Nordstern AG")
    job = carla.bring(exported(anna))
    assert (job.accepted, job.quarantined) == (0, {"proof_other_company": 2})
    assert job.terms["proof_companies"] == {"Lindenhof GmbH": 2}
    assert suppressed(carla, anna) == {"gerd", "hanna"}, "a no counts for everyone"
    with tenancy.account(carla.account_id):
        origin = ListOrigin.objects.get(mailing_list_id=carla.list_id)
    assert "Proof is for Lindenhof GmbH: 2 rows" in desk().page(f"origins/{origin.id}/")


def test_an_account_that_only_calls_itself_like_the_company_gets_nobody(anna: Customer) -> None:
    carla = vetted_as(customer_with_list("Carla"), "Nordstern AG")
    with tenancy.platform(PlatformReason.SETUP):
        Account.objects.filter(id=carla.account_id).update(name="Lindenhof GmbH")
    assert carla.bring(exported(anna)).accepted == 0
    bare = customer_with_list("Lindenhof GmbH")
    assert bare.bring(exported(anna)).accepted == 0, "a company that was never vetted is none"


def test_old_signed_file_is_compared_with_the_ledger_of_now(anna: Customer) -> None:
    sent = exported(anna)
    with tenancy.account(anna.account_id):
        consent.unsubscribe(Contact.objects.get(email=at("dora")).id, list_id=anna.list_id, by="link", source="test")
    job = target().bring(sent)
    assert (job.accepted, job.quarantined) == (1, {"proof_ended": 1})
