"""A certificate shows every element of R-29, names what is missing, and is found out when anybody touches it."""

import copy
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mailflatrate.apps.consent import seals as ledger_seals
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.proof import ProofFormat, export_proof
from mailflatrate.apps.privacy.certificate.build import build_certificate
from mailflatrate.apps.privacy.certificate.pdf import certificate_html, certificate_json
from mailflatrate.apps.privacy.errors import PrivacyError
from mailflatrate.base import audit, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.cli.main import cli
from mailflatrate.rules.proof.certificate import check_certificate, read_certificate
from mailflatrate.rules.proof.elements import ProofEvent, elements_of
from mailflatrate.rules.proof.record import EventRecord, MalformedRecord, SealRecord
from support.cast import per_module
from support.certificates import AGENT, FORM, Signed, keys_file
from support.customers import customer_with_members
from support.forms import customer_with_form, fresh_address

signed = per_module(Signed)


def shown(certificate: dict[str, Any]) -> dict[str, str | None]:
    return {f"{item['step']}/{item['key']}": item["value"] for item in certificate["elements"]}


def test_every_element_of_a_sign_up_of_ours_is_there(signed: Signed) -> None:
    certificate = signed.certificate()
    elements = shown(certificate)
    assert None not in elements.values()
    assert elements["sign_up/address"] == "dora@posteo.de"
    assert elements["sign_up/sign_up_ip"] == "203.0.113.9"
    assert elements["sign_up/sign_up_agent"] == AGENT
    assert elements["sign_up/wording"] == FORM["wording"]
    assert elements["sign_up/form_version"] == f"4, SHA-256 {'ab' * 32}"
    assert elements["mail/message_id"] == "<c.1@mail.example>"
    assert elements["mail/reply"] == "250 2.0.0 Ok: queued as 4XyZ"
    assert elements["confirmation/confirmation_ip"] == "2001:db8::1"
    assert elements["confirmation/token"] == "9f" * 16
    assert elements["later/withdrawals"] == "-"
    findings = check_certificate(certificate).findings
    assert not any(finding.bad for finding in findings)
    assert any("every element of R-29" in finding.sentence for finding in findings)


def test_the_printed_page_has_words_for_boxes_and_languages(signed: Signed) -> None:
    """Nobody who reads it knows our codes."""
    for language, words in (("en", ("Consent", "German")), ("de", ("Einwilligung", "Deutsch"))):
        printed = certificate_html(signed.certificate(language=language))
        cells = [" ".join(cell.split()) for cell in re.findall(r"<dd>\s*<span[^>]*>([^<]*)</span>", printed)]
        assert set(words) <= set(cells), cells
        assert not {"consent", "de"} & set(cells)


def test_what_an_import_did_not_bring_is_named(signed: Signed) -> None:
    certificate = signed.certificate(signed.emil)
    lacking = {name for name, value in shown(certificate).items() if value is None}
    assert lacking == {
        "sign_up/sign_up_agent", "sign_up/form_version", "sign_up/wording", "sign_up/ticked", "sign_up/language",
        "mail/message_id", "mail/sent_at", "mail/body_sha256", "mail/reply", "confirmation/confirmation_ip",
        "confirmation/confirmation_agent", "confirmation/confirmation_page", "confirmation/token",
    }  # fmt: skip
    findings = check_certificate(certificate).findings
    assert not any(finding.bad for finding in findings)
    assert any(finding.sentence.startswith("not on record: ") for finding in findings)
    assert certificate["imports"][0]["line"] == 2
    assert elements_of([])[0].value is None


Change = Callable[[dict[str, Any]], object]
TAMPERING: dict[str, Change] = {
    "what is shown": lambda c: c["elements"][0].update(value="eve@posteo.de"),
    "an element excluded": lambda c: c["elements"].pop(),
    "the address": lambda c: c["person"].update(email="eve@posteo.de"),
    "a moment": lambda c: c["events"][2]["event"].update(occurred_at="2026-01-01T00:00:00.000000Z"),
    "a commitment": lambda c: c["events"][0]["event"].update(commitment="00" * 32),
    "a salt": lambda c: c["events"][0]["evidence"].update(salt="00" * 16),
    "the evidence": lambda c: c["events"][0]["evidence"].update(
        text=c["events"][0]["evidence"]["text"].replace("dora", "eve")
    ),
    "another contact": lambda c: c["person"].update(contact=c["person"]["contact"] + 1),
    "another list": lambda c: c["list"].update(id=c["list"]["id"] + 1),
    "another account": lambda c: c["account"].update(id=c["account"]["id"] + 1),
    "an event excluded": lambda c: c["events"].pop(0),
    "no event": lambda c: (c["events"].clear(), c.update(elements=[each.as_json() for each in elements_of([])])),
    "an event twice": lambda c: c["events"].append(copy.deepcopy(c["events"][-1])),
    "a place in the tree": lambda c: c["events"][0]["inclusion"].update(index=c["events"][0]["inclusion"]["index"] + 1),
    "a path": lambda c: c["events"][0]["inclusion"]["path"].append("00" * 32),
    "a root": lambda c: c["seals"][0].update(root="00" * 32),
    "the time of a seal": lambda c: c["seals"][0].update(sealed_at="2020-01-01T00:00:00.000000Z"),
    "a seal excluded": lambda c: c["seals"].clear(),
    "a stamp of nobody": lambda c: c["time_stamps"].append(
        {"seal": c["seals"][0]["number"], "authority": "x", "at": "", "answer": "3003020100", "believed": ""}
    ),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_whoever_touches_a_certificate_is_found_out(signed: Signed, name: str, tmp_path: Path) -> None:
    certificate = signed.certificate()
    TAMPERING[name](certificate)
    file = tmp_path / "certificate.json"
    file.write_text(json.dumps(certificate))
    answer = CliRunner().invoke(cli, ["consent", "verify", str(file)])
    assert answer.exit_code == 1, answer.output


@pytest.mark.parametrize("key", ["events", "seals", "elements", "person", "account", "list", "time_stamps"])
def test_a_part_that_is_missing_is_no_certificate(signed: Signed, key: str) -> None:
    certificate = signed.certificate()
    del certificate[key]
    with pytest.raises(MalformedRecord):
        check_certificate(certificate)


@pytest.mark.slow
def test_the_file_alone_is_enough(signed: Signed, tmp_path: Path) -> None:
    """PDF and JSON say the same, offline; rubbish is refused in words."""
    with tenancy.account(signed.account_id):
        by = audit.machine("privacy.test")
        pdf, file, pack = (
            export_proof(signed.dora, signed.list_id, wanted, language="de", by=by) for wanted in ProofFormat
        )
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        lines = AuditEntry.objects.filter(action="evidence.exported", account_id=signed.account_id)
        assert sorted(line.details["format"] for line in lines) == ["json", "pdf", "zip"]
    assert pdf.octets.startswith(b"%PDF-")
    assert read_certificate(pdf.octets)["events"] == read_certificate(file.octets)["events"]
    for made in (pdf, file):
        (tmp_path / made.name).write_bytes(made.octets)
        named = ["--service-keys", str(keys_file(tmp_path))]
        answer = CliRunner().invoke(cli, ["consent", "verify", str(tmp_path / made.name), *named])
        assert answer.exit_code == 0, answer.output
        assert "The certificate holds." in answer.output
        assert "no third party" in answer.output
    (tmp_path / "x").write_bytes(b"%PDF-1.7\nnothing")
    answer = CliRunner().invoke(cli, ["consent", "verify", str(tmp_path / "x")])
    assert answer.exit_code == 1
    assert "use the JSON file" in answer.output
    with zipfile.ZipFile(io.BytesIO(pack.octets)) as archive:
        names = set(archive.namelist())
        assert {"certificate.pdf", "certificate.json", "events.json", "evidence.json", "proofs.json", "seals.json",
                "wording.txt", "README.txt", "SHA256SUMS"} <= names  # fmt: skip
        assert archive.read("wording.txt").decode() == f"{FORM['wording']}\n"


def test_nobody_gets_a_certificate_of_somebody_elses_contact(signed: Signed) -> None:
    carla = customer_with_members("Carla")
    with tenancy.account(carla.account_id), pytest.raises(PrivacyError):
        build_certificate(signed.dora, signed.list_id, language="en")
    with tenancy.account(signed.account_id), pytest.raises(PrivacyError):
        build_certificate(signed.dora, carla.list_id, language="en")


def test_an_erased_half_is_shown_as_erased(signed: Signed) -> None:
    certificate = signed.certificate()
    for item in certificate["events"]:
        item["evidence"] = None
    findings = check_certificate(
        {**certificate, "elements": [each.as_json() for each in elements_of([]) if each.step.value == "x"]}
    ).findings
    assert any("personal half is not here" in finding.sentence for finding in findings)


def test_a_real_sign_up_leaves_every_element() -> None:
    """Form, mail through the engine, confirmation: what `forms` writes is what the certificate wants (R-29)."""
    lindenhof, email = customer_with_form(), fresh_address()
    lindenhof.confirm(lindenhof.asked(email))
    ledger_seals.seal_ledger()
    with tenancy.account(lindenhof.account_id):
        contact = Contact.objects.get(email=email)
        list_id = contact.subscriptions.get().mailing_list_id
        made = build_certificate(contact.id, list_id, language="en")
        pack = export_proof(contact.id, list_id, ProofFormat.PACK, language="en", by=audit.machine("privacy.test"))
    certificate = read_certificate(certificate_json(made))
    lacking = {name for name, value in shown(certificate).items() if value is None}
    assert lacking == set()
    findings = check_certificate(certificate).findings
    assert not any(finding.bad for finding in findings), findings
    with zipfile.ZipFile(io.BytesIO(pack.octets)) as archive:
        versions = [name for name in archive.namelist() if name.startswith("form-versions/")]
        assert len(versions) == 1
        assert json.loads(archive.read(versions[0]))["sha256"] in versions[0]


def test_a_made_up_certificate_has_seals_of_nobody(signed: Signed, tmp_path: Path) -> None:
    """It fits together, so only the ledger (or a stamp) finds it out."""
    genuine = signed.certificate()
    forged = copy.deepcopy(genuine)
    forged["events"] = [forged["events"][0]]
    event = EventRecord.from_json({**forged["events"][0]["event"], "occurred_at": "2020-01-01T00:00:00.000000Z"})
    seal = SealRecord(1, "2020-01-01T00:00:01.000000Z", 0, event.id, 1, event.leaf(), bytes(32))
    forged["events"][0] |= {"event": event.as_json(), "inclusion": {"seal": 1, "index": 0, "path": []}}
    proof = [ProofEvent(event, forged["events"][0]["evidence"]["fields"])]
    forged |= {"seals": [seal.as_json()], "elements": [each.as_json() for each in elements_of(proof)]}
    for name, certificate, status in (("genuine", genuine, 0), ("forged", forged, 1)):
        file = tmp_path / name
        file.write_text(json.dumps(certificate))
        assert CliRunner().invoke(cli, ["consent", "verify", str(file)]).exit_code == (4 if name == "genuine" else 1)
        answer = CliRunner().invoke(cli, ["consent", "verify", str(file), "--ledger"])
        assert answer.exit_code == status, answer.output
    assert "are not those of this ledger" in answer.output
