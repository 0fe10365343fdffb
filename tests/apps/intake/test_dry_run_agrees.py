"""What the dry run says is what the import does: the piles, and the figures that hold it for a reviewer."""

import csv
import io
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from mailflatrate.apps.consent.signing_keys import ensure_signing_key
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.models import Import
from mailflatrate.apps.intake.quarantine import SAID_NO, WAITING_REASONS
from mailflatrate.apps.lists.actions.consent import unsubscribe
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.segments.actions.exports import start_export
from mailflatrate.apps.segments.exports.runner import run_export
from mailflatrate.apps.segments.models import Export, ExportContent, ExportFormat
from mailflatrate.base import tenancy
from mailflatrate.base.storage import files as storage
from support.cast import per_test
from support.certificates import keys_file
from support.contact_files import dry_run
from support.customers import Customer, customer_with_members, vetted_as
from support.moves import MoveIn, drop, export_of

TITLES = ("email", "signup_at", "signup_ip", "confirmed_at", "source", "status")
Row = list[str]
anna = per_test(customer_with_members)


def table(*rows: Row) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([TITLES, *rows])
    return out.getvalue().encode()


def person(number: int, word: str, **changed: str) -> Row:
    """A row with whole proof, unlike those of anyone else."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    row = {
        "email": f"{letters}.{word}@{letters}-{word}.de",
        "signup_at": f"2026-10-0{1 + number % 9}T1{number % 10}:{number % 60:02}:{number * 7 % 60:02}Z",
        "signup_ip": f"203.0.{number % 250}.{number % 199 + 1}",
        "confirmed_at": f"2026-10-1{number % 9}T1{number % 10}:{number % 60:02}:{number * 7 % 60:02}Z",
        "source": "https://anna.example/news",
        "status": "subscribed",
        **changed,
    }
    return [row[title] for title in TITLES]


def people(word: str, count: int = 80, **changed: str) -> list[Row]:
    return [person(number, word, **changed) for number in range(count)]


def letters(number: int) -> str:
    return chr(97 + number % 26) + chr(97 + number // 26)


def some(count: int, start: int, word: str, email: str) -> list[Row]:
    """People whose address follows a pattern: `{n}` is a number, `{l}` letters."""
    return [person(start + n, word, email=email.format(n=n, l=letters(n))) for n in range(count)]


FILES: dict[str, Callable[[], dict[str, bytes]]] = {
    "ordinary": lambda: {"a.csv": table(*people("ord"))},
    "one address": lambda: {"a.csv": table(*people("ip", signup_ip="203.0.113.9"))},
    "one second": lambda: {"a.csv": table(*people("sec", confirmed_at="2026-10-12T10:00:00Z"))},
    "numbered": lambda: {"a.csv": table(*some(80, 0, "num", "kunde{n}@zahl-eins.de"))},
    "bought": lambda: {"a.csv": table(*people("buy"), person(99, "buy", source="gekaufte Adressliste"))},
    "mistyped": lambda: {"a.csv": table(*people("mis"), *some(5, 200, "mis", "{l}.mis@gmial.com"))},
    "noes in rows": lambda: {
        "a.csv": table(
            *people("row"),
            *(person(number, "row", status="unsubscribed") for number in range(20)),
            *(person(500 + number, "row", status="bounced") for number in range(10)),
        )
    },
    "noes in a file": lambda: {
        "unsubscribed.csv": table(*people("fil", 15)),
        "b.csv": table(*people("fil"), person(7, "fil", email="h.fil+x@h-fil.de")),
    },
    "two files": lambda: {
        "a.csv": table(*people("two", 60)),
        "b.csv": table(*people("two"), *people("zwo", 60, signup_ip="198.51.100.7")),
    },
    "proof in the second": lambda: {
        "a.csv": table(*people("pro", 60, signup_ip="")),
        "b.csv": table(*people("pro")),
    },
}
CASES = ("mailchimp", "cleverreach", "mailerlite")


def numbers_of(move: MoveIn) -> dict[str, object]:
    result = move.result
    names = {file.name for file in result.files}
    held = {name: [] for name in names}  # type: dict[str, list[tuple[str, int, float]]]
    for review in result.reviews:
        held[review.file].append((review.kind, review.count, review.percent))
    return {"mailable": result.people(Pile.MAILABLE), "ask": result.people(Pile.ASK), "held": held}


def numbers_from(jobs: list[Import], *, names: list[str]) -> dict[str, object]:
    """What the imports did. People without proof who are moved to a later file's proof count once."""
    waiting = sum(job.quarantined.get(reason, 0) for job in jobs for reason in WAITING_REASONS)
    held = {name: [] for name in names}  # type: dict[str, list[tuple[str, int, float]]]
    for job in jobs:
        assert job.figures is not None
        held[job.file_name] = [(one["kind"], one["count"], one["percent"]) for one in job.figures["anomalies"]]
    return {"mailable": sum(job.accepted for job in jobs) + waiting, "held": held}


def asked(move: MoveIn, jobs: list[Import]) -> int:
    """Who is on the list without whole proof, at the end."""
    return sum(rows for job in jobs for why, rows in job.quarantined.items() if why not in (*WAITING_REASONS, SAID_NO))


@pytest.mark.parametrize("case", FILES)
def test_generated_files_agree(anna: Customer, case: str) -> None:
    """Every figure that holds an import is in the dry run, with the same number."""
    files = FILES[case]()
    move = drop(anna, files).check()
    said = numbers_of(move)
    jobs = move.start()
    did = numbers_from(jobs, names=list(files))
    assert said["held"] == did["held"]
    assert said["mailable"] == did["mailable"]
    if case != "proof in the second":
        assert said["ask"] == asked(move, jobs)
    if case not in ("ordinary", "proof in the second"):
        assert any(found for found in said["held"].values()) or case == "noes in a file"  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", CASES)
def test_exports_agree(anna: Customer, case: str) -> None:
    files = export_of(case, domain=f"agree{case.replace('-', '')}")
    move = drop(anna, files).check()
    said = numbers_of(move)
    jobs = move.start(source="our form")
    assert said["held"] == numbers_from(jobs, names=[file.name for file in move.result.files])["held"]
    assert said["mailable"] == numbers_from(jobs, names=[])["mailable"]


@pytest.mark.parametrize("seed", range(2))
def test_mixed_files_agree(anna: Customer, seed: int) -> None:
    """Any mixture of good and bad rows, in two files, one after the other, the second time into the same list."""
    chance = random.Random(seed)
    kinds: list[Callable[[int], Row]] = [
        lambda n: person(n, f"s{seed}"),
        lambda n: person(n, f"s{seed}", signup_ip="203.0.113.77"),
        lambda n: person(n, f"s{seed}", confirmed_at="2026-10-12T10:00:00Z"),
        lambda n: person(n, f"s{seed}", email=f"info@seed-{seed}-{n}.de"),
        lambda n: person(n, f"s{seed}", status=chance.choice(["unsubscribed", "bounced", "complained", "pending"])),
        lambda n: person(n, f"s{seed}", signup_ip=""),
        lambda n: person(n, f"s{seed}", source="rented list"),
    ]

    def rows() -> list[Row]:
        return [chance.choice(kinds)(chance.randrange(150)) for _row in range(160)]

    for files in ({"a.csv": table(*rows()), "b.csv": table(*rows())}, {"c.csv": table(*rows())}):
        move = drop(anna, files).check()
        said = numbers_of(move)
        did = numbers_from(move.start(), names=list(files))
        assert said["held"] == did["held"]


def signed(anna: Customer) -> bytes:
    """An export of proof: two people who are mailable, and one who left."""
    ensure_signing_key()
    anna.bring(table(*people("sig", 3)))
    with tenancy.account(anna.account_id):
        unsubscribe(Contact.objects.earliest("id").id, list_id=anna.list_id, by="link", source="test")
        job = start_export(ExportContent.PROOF, ExportFormat.NDJSON, by=None, enqueue=False)
    run_export(anna.account_id, job.id)
    with tenancy.account(anna.account_id):
        return storage.get(Export.objects.get(id=job.id).file_path)


def test_signed_lines_are_verified_before_anything_is_written(anna: Customer) -> None:
    """A changed line proves nothing in the dry run either, and a file that was cut off is one."""
    lines = signed(vetted_as(anna, "Lindenhof")).splitlines(keepends=True)
    changed = lines[-2].replace(b"192.0.2", b"192.0.3").replace(b"203.0.", b"203.1.")
    assert changed != lines[-2]
    for data, reasons in (
        (b"".join(lines), {"unsubscribed": 1}),
        (b"".join([*lines[:-2], changed, lines[-1]]), {"unsubscribed": 1, "proof_evidence": 1, "proof_cut_off": 1}),
    ):
        place = vetted_as(customer_with_members("Other"), "Lindenhof")
        move = drop(place, {"proof.ndjson": data}).check()
        assert dict(move.result.pile(Pile.NEVER)) == reasons
        said = numbers_of(move)
        jobs = move.start()
        did = numbers_from(jobs, names=["proof.ndjson"])
        assert said["mailable"] == did["mailable"] == (1 if "proof_evidence" in reasons else 2)


def test_the_command_verifies_signed_lines_by_the_keys_it_is_given(anna: Customer, tmp_path: Path) -> None:
    (tmp_path / "proof.ndjson").write_bytes(signed(anna))
    without = dry_run(str(tmp_path / "proof.ndjson"))
    assert (without["mailable"], without["ask"]) == (0, 0)
    assert [question["about"] for question in without["questions"]] == ["keys"]
    found = dry_run("--keys", str(keys_file(tmp_path)), str(tmp_path / "proof.ndjson"))
    assert (found["mailable"], found["never"], found["questions"]) == (2, {"unsubscribed": 1}, [])
