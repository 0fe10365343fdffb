"""Where lists come from: declared before one address, decided by a person, final, and what follows for the people."""

import io
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from PIL import Image

from mailflatrate.apps.accounts.actions.people import add_member, create_user
from mailflatrate.apps.accounts.models import Notice, NoticeKind
from mailflatrate.apps.consent.models import ConsentEvent
from mailflatrate.apps.intake.actions import imports, origin_decisions, origins
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision
from mailflatrate.apps.intake.models import CheckState, Import
from mailflatrate.apps.lists.actions import lists
from mailflatrate.apps.lists.errors import DeclarationProblem, ListError, OriginNeeded
from mailflatrate.apps.lists.models import (
    DeclarationState,
    ListOrigin,
    MailingList,
    OriginState,
    Subscription,
    SubscriptionState,
)
from mailflatrate.base import clock, tenancy
from mailflatrate.base.audit.models import AuditEntry
from mailflatrate.base.tenancy import PlatformReason
from mailflatrate.entrypoints.ui.origin_labels import facts_of
from support.cast import per_test
from support.contact_files import HEADER, tables
from support.customers import Customer, customer_with_list
from support.origins import approve_origin, declaration, declare_origin
from support.people import operator
from support.scope import within
from support.sql import as_application

Line = Callable[..., str]
undeclared = per_test(customer_with_list, "Anna", approved=False)


@pytest.fixture
def waiting(undeclared: Customer) -> Customer:
    """A list whose declaration nobody has read yet."""
    declare_origin(undeclared.account_id, undeclared.list_id)
    return undeclared


def states(place: Customer) -> dict[tuple[str, str], int]:
    with tenancy.account(place.account_id):
        found: dict[tuple[str, str], int] = {}
        for state, reason in Subscription.objects.values_list("state", "quarantine_reason"):
            found[state, reason] = found.get((state, reason), 0) + 1
        return found


def _execute(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))


def newest(place: Customer) -> ListOrigin:
    with tenancy.account(place.account_id):
        return ListOrigin.objects.select_related("mailing_list").order_by("-version")[0]


def test_nothing_is_imported_before_the_origin_is_declared(undeclared: Customer, line: Line) -> None:
    with pytest.raises(OriginNeeded, match="come from") as problem:
        undeclared.bring("\n".join([HEADER, line("dora@kunde-1.de")]))
    assert problem.value.list_id == undeclared.list_id
    with tenancy.account(undeclared.account_id):
        assert not Import.objects.exists()


def test_nor_by_sql_under_the_application_role(undeclared: Customer) -> None:
    """A row that would run without a declaration is refused by the table itself."""
    no_origin = pytest.raises(psycopg.errors.CheckViolation, match="import_has_an_origin")
    with as_application(undeclared) as application, no_origin:
        application.execute(
            """INSERT INTO import (account_id, mailing_list_id, file_name, file_path, file_sha256, file_bytes,
                mapping, state, problem, bytes_read, rows_read, accepted, updated, unchanged, quarantined, refused,
                cancel_requested)
               VALUES (%s, %s, 'a', 'a', 'a', 1, '{}', 'queued', '', 0, 0, 0, 0, 0, '{}', '{}', false)""",
            [undeclared.account_id, undeclared.list_id],
        )


def test_everybody_waits_until_a_person_has_approved(waiting: Customer, line: Line) -> None:
    """Proof goes to the ledger at once; mail goes to nobody. Approval lets out whose proof is whole."""
    text = "\n".join(
        [HEADER, line("dora@kunde-1.de"), line("erik@kunde-1.de"), line("f@kunde-1.de", ip=""), line("info@kunde-1.de")]
    )
    done = waiting.bring(text)
    assert (done.accepted, done.quarantined) == (0, {"origin_waiting": 2, "sign_up_ip_missing": 1})
    assert states(waiting) == {("quarantined", "origin_waiting"): 2, ("quarantined", "sign_up_ip_missing"): 1}
    with tenancy.account(waiting.account_id):
        assert ConsentEvent.objects.count() == 2
    before = tables(waiting.account_id)
    again = waiting.bring(text)
    assert (again.accepted, again.unchanged, again.quarantined) == (0, 3, {})
    assert tables(waiting.account_id) == before, "a second upload changes nothing while it waits, either"

    decided = origin_decisions.decide_origin(
        newest(waiting).id, OriginDecision.APPROVE, reviewer=operator(), reason="Form seen."
    )
    assert decided.state == DeclarationState.APPROVED
    assert states(waiting) == {("confirmed", ""): 2, ("quarantined", "sign_up_ip_missing"): 1}
    with tenancy.account(waiting.account_id):
        first = Import.objects.get(id=done.id)
        assert (first.accepted, first.quarantined) == (2, {"sign_up_ip_missing": 1})
        one = Subscription.objects.filter(state=SubscriptionState.CONFIRMED).select_related("consent_event").first()
        assert one is not None and one.consent_event is not None
        assert one.confirmed_at == one.consent_event.occurred_at
        assert MailingList.objects.get(id=waiting.list_id).origin_state == OriginState.APPROVED
    assert waiting.bring("\n".join([HEADER, line("later@kunde-1.de")])).accepted == 1


def test_a_rejected_list_is_closed_for_good(waiting: Customer, line: Line) -> None:
    waiting.bring("\n".join([HEADER, line("dora@kunde-1.de")]))
    origin_decisions.decide_origin(newest(waiting).id, OriginDecision.REJECT, reviewer=operator(), reason="Bought.")
    assert states(waiting) == {("quarantined", "origin_rejected"): 1}
    with pytest.raises(ListError, match="rejected"):
        waiting.bring("\n".join([HEADER, line("erik@kunde-1.de")]))
    with pytest.raises(ListError, match="for good"):
        declare_origin(waiting.account_id, waiting.list_id)
    for statement in (
        "UPDATE mailing_list SET origin_state = 'approved', origin_decided_at = now(), origin_decided_by_id = 1",
        "UPDATE mailing_list SET origin_state = 'form'",
    ):
        for scope in (tenancy.account(waiting.account_id), tenancy.platform(PlatformReason.OPERATOR_DESK)):
            with pytest.raises(DatabaseError, match="final"), scope, connection.cursor() as cursor:
                cursor.execute(f"{statement} WHERE id = {waiting.list_id}")


def test_a_question_is_answered_by_a_new_version_that_takes_the_imports_along(waiting: Customer, line: Line) -> None:
    done = waiting.bring("\n".join([HEADER, line("dora@kunde-1.de")]))
    first = newest(waiting)
    origin_decisions.decide_origin(first.id, OriginDecision.ASK, reviewer=operator(), reason="Which form?")
    assert states(waiting) == {("quarantined", "origin_waiting"): 1}
    second = declare_origin(waiting.account_id, waiting.list_id, remarks="The one in the footer.")
    assert second.version == 2
    with tenancy.account(waiting.account_id):
        assert ListOrigin.objects.get(id=first.id).state == DeclarationState.REPLACED
        assert Import.objects.get(id=done.id).origin_id == second.id
    with pytest.raises(ListError, match="already been decided"):
        origin_decisions.decide_origin(first.id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen.")
    origin_decisions.decide_origin(second.id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen.")
    assert states(waiting) == {("confirmed", ""): 1}


def test_a_further_source_waits_by_itself(waiting: Customer, line: Line) -> None:
    """What was approved goes on; people under the newer declaration wait for its own decision."""
    origin_decisions.decide_origin(newest(waiting).id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen.")
    declare_origin(waiting.account_id, waiting.list_id, kind="shop")
    waiting.bring("\n".join([HEADER, line("dora@kunde-1.de")]))
    with tenancy.account(waiting.account_id):
        data = io.BytesIO("\n".join([HEADER, line("erik@kunde-1.de")]).encode())
        old = imports.upload_import(waiting.list_id, data, "old.csv", origin_version=1)
    assert old.origin is not None and old.origin.version == 1
    assert states(waiting) == {("quarantined", "origin_waiting"): 1}
    with tenancy.account(waiting.account_id):
        assert MailingList.objects.get(id=waiting.list_id).origin_state == OriginState.APPROVED


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "bought"}, "kind"),
        ({"form_urls": ()}, "form_urls"),
        ({"form_urls": ("javascript:alert(1)",)}, "form_urls"),
        ({"wording": "short"}, "wording"),
        ({"collected_from": None}, "collected_from"),
        ({"collected_from": clock.now().date() + timedelta(days=2)}, "collected_from"),
        ({"collected_to": clock.now().date() - timedelta(days=2000)}, "collected_to"),
        ({"last_mailed_on": clock.now().date() + timedelta(days=2)}, "last_mailed_on"),
        ({"previous_system": " "}, "previous_system"),
        ({"declared_count": 0}, "declared_count"),
        ({"controller": ""}, "controller"),
        ({"signatory": ""}, "signatory"),
        ({"evidence": ("blood",)}, "evidence"),
        ({"assured": False}, "assured"),
        ({"kind": "event", "form_urls": ()}, "screenshot"),
        ({"screenshot": b"GIF89a no picture"}, "screenshot"),
    ],
)
def test_every_part_of_a_declaration_is_asked_for(undeclared: Customer, changed: dict[str, object], field: str) -> None:
    with pytest.raises(DeclarationProblem) as problem:
        declare_origin(undeclared.account_id, undeclared.list_id, **changed)
    assert list(problem.value.problems) == [field]
    with tenancy.account(undeclared.account_id):
        assert MailingList.objects.get(id=undeclared.list_id).origin_state == OriginState.FORM


def test_a_picture_is_written_anew_and_kept_for_the_next_version(undeclared: Customer) -> None:
    raw = io.BytesIO()
    Image.new("RGB", (3000, 20), "red").save(raw, "PNG")
    poisoned = raw.getvalue() + b"<script>alert(1)</script>"
    first = declare_origin(undeclared.account_id, undeclared.list_id, wording="", screenshot=poisoned)
    assert first.screenshot is not None
    kept = bytes(first.screenshot)
    assert b"<script>" not in kept
    with Image.open(io.BytesIO(kept)) as picture:
        assert (picture.format, picture.width) == ("PNG", 2400)
    second = declare_origin(undeclared.account_id, undeclared.list_id, wording="")
    assert bytes(second.screenshot or b"") == kept


def test_free_text_that_names_forbidden_sources_is_kept_with_the_words_around_it(undeclared: Customer) -> None:
    origin = declare_origin(
        undeclared.account_id, undeclared.list_id, remarks="Ein Teil wurde 2019 vom Adresshändler zugekauft."
    )
    assert [(hit["where"], hit["found"], hit["rule"]) for hit in origin.hits] == [
        ("remarks", "Adresshändler", "R-11"),
        ("remarks", "zugekauft", "R-11"),
    ]
    assert origin.hits[0]["before"].endswith("2019 vom ")


def test_a_declaration_never_changes_and_only_the_desk_decides(waiting: Customer) -> None:
    """Locked in the database for everyone using the application role."""
    origin = newest(waiting)
    attacks = {
        "UPDATE list_origin SET remarks = 'other' WHERE id = %s": "never changed",
        "UPDATE list_origin SET state = 'approved', decided_by_id = 1, decided_at = now(), decision_reason = 'x'"
        " WHERE id = %s": "only the desk",
        "DELETE FROM list_origin WHERE id = %s": "never removed",
        "UPDATE mailing_list SET origin_state = 'approved', origin_decided_by_id = 1, origin_decided_at = now()"
        " WHERE id = (SELECT mailing_list_id FROM list_origin WHERE id = %s)": "only the desk",
    }
    for statement, words in attacks.items():
        with pytest.raises(DatabaseError, match=words), tenancy.account(waiting.account_id):
            _execute(statement, origin.id)
    columns = "form_urls, wording, collected_from, previous_system, declared_count, controller, signatory, evidence"
    insert = f"""INSERT INTO list_origin (account_id, mailing_list_id, version, kind, {columns}, remarks, hits,
            policy_version, state, decided_at)
        SELECT account_id, mailing_list_id, 9, kind, {columns}, remarks, hits, policy_version, 'approved', now()
        FROM list_origin WHERE id = %s"""
    with pytest.raises(DatabaseError, match="undecided"), tenancy.account(waiting.account_id):
        _execute(insert, origin.id)
    origin_decisions.decide_origin(origin.id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen.")
    with pytest.raises(DatabaseError, match="final"), tenancy.platform(PlatformReason.OPERATOR_DESK):
        ListOrigin.objects.filter(id=origin.id).update(state=DeclarationState.WAITING)


def test_a_decision_needs_a_reviewer_and_a_reason_and_leaves_a_line_and_a_message(waiting: Customer) -> None:
    anna = create_user(f"anna-{waiting.account_id}@lindenhof.example", name="Anna", password=None, language="de")
    add_member(waiting.account_id, anna)
    origin, otto = newest(waiting), operator()
    with pytest.raises(ListError, match="only a reviewer"):
        origin_decisions.decide_origin(origin.id, OriginDecision.APPROVE, reviewer=anna, reason="I say so.")
    with pytest.raises(ListError, match="reason"):
        origin_decisions.decide_origin(origin.id, OriginDecision.APPROVE, reviewer=otto, reason=" ")
    origin_decisions.decide_origin(origin.id, OriginDecision.ASK, reviewer=otto, reason="Which form?")
    with tenancy.platform(PlatformReason.OPERATOR_DESK):
        lines = AuditEntry.objects.filter(account_id=waiting.account_id).order_by("id")
        told = Notice.objects.get(recipient=anna.email, kind=NoticeKind.ORIGIN)
        assert [(entry.action, entry.reason) for entry in lines if entry.action.startswith("origin.")] == [
            ("origin.declared", ""),
            ("origin.asked", "Which form?"),
        ]
    assert "Which form?" in told.text
    assert f"/studio/lists/{waiting.list_id}/" in told.text


def test_a_decision_while_the_file_is_read_counts_for_the_rest_of_it(waiting: Customer, line: Line) -> None:
    """Slices before it are let out, slices after it go in at once, and no counter is lost."""
    data = "\n".join([HEADER, *(line(f"person{n}x@kunde-1.de") for n in range(12))]).encode()
    job = within(waiting, imports.start_import, waiting.list_id, io.BytesIO(data), "a.csv", {}, enqueue=False)
    from mailflatrate.apps.intake.runner import run_import

    def decide(rows: int, position: int) -> None:
        if rows == 6:
            origin_decisions.decide_origin(
                newest(waiting).id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen."
            )

    run_import(waiting.account_id, job.id, slice_rows=3, on_slice=decide)
    assert states(waiting) == {("confirmed", ""): 12}
    with tenancy.account(waiting.account_id):
        after = Import.objects.get(id=job.id)
    assert (after.accepted, after.quarantined) == (12, {})


def test_consent_of_more_than_a_year_waits_for_a_reviewer_and_of_two_is_too_old(anna: Customer, line: Line) -> None:
    """R-13, on a list whose origin is approved long since."""
    old, older = (clock.now() - timedelta(days=days) for days in (400, 800))
    done = anna.bring(
        "\n".join(
            [
                HEADER,
                line("dora@kunde-1.de"),
                line("erik@kunde-1.de", signup=old.isoformat(), confirmed=old.isoformat()),
                line("frida@kunde-1.de", signup=older.isoformat(), confirmed=older.isoformat()),
            ]
        )
    )
    assert (done.accepted, done.quarantined, done.check_state) == (1, {"ageing": 1, "too_old": 1}, CheckState.HELD)
    released = origin_decisions.decide_import(
        done.id, release=True, reviewer=operator(), reason="They were mailed monthly."
    )
    assert released.check_state == CheckState.RELEASED
    assert states(anna) == {("confirmed", ""): 2, ("quarantined", "too_old"): 1}


def test_an_unusual_import_is_held_whole_and_stays_out_when_refused(anna: Customer, line: Line) -> None:
    """R-15: numbered addresses, all confirmed in one second; nobody stays in meanwhile."""
    rows = [line(f"klara{n}@firma-neun.de") for n in range(60)]
    held = anna.bring("\n".join([HEADER, *rows]), slice_rows=25)
    assert held.figures is not None
    kinds = {anomaly["kind"] for anomaly in held.figures["anomalies"]}
    assert kinds == {"one_domain", "sequential", "same_moment", "same_ip"}
    assert (held.check_state, held.accepted, held.quarantined) == (CheckState.HELD, 0, {"import_held": 60})
    assert states(anna) == {("quarantined", "import_held"): 60}
    again = anna.bring("\n".join([HEADER, *rows]))
    assert again.accepted == 0, "a second upload is no way around"
    with pytest.raises(DatabaseError, match="only the desk"), tenancy.account(anna.account_id), transaction.atomic():
        Import.objects.filter(id=held.id).update(check_state=CheckState.CLEAR)
    origin_decisions.decide_import(held.id, release=False, reviewer=operator(), reason="Made by a program.")
    assert states(anna) == {("quarantined", "import_refused"): 60}
    with pytest.raises(ListError, match="on hold"):
        origin_decisions.decide_import(held.id, release=True, reviewer=operator(), reason="Oh well.")


def test_carla_can_neither_declare_nor_rest_on_annas_origin(waiting: Customer, carla: Customer) -> None:
    with pytest.raises(ListError, match="this list doesn"), tenancy.account(carla.account_id):
        origins.declare_origin(waiting.list_id, declaration(), by=None)
    with pytest.raises(ListError), tenancy.account(carla.account_id):
        origins.usable_origin(waiting.list_id)
    approve_origin(carla.account_id, carla.list_id)
    with tenancy.account(carla.account_id):
        assert ListOrigin.objects.filter(mailing_list_id=waiting.list_id).count() == 0


def test_reviewer_reads_which_proof_the_files_contain_although_none_was_declared(
    anna: Customer, line: Callable[..., str]
) -> None:
    offers = within(anna, lists.create_list, "Offers").id
    origin = declare_origin(anna.account_id, offers, evidence=())
    assert "none" in dict(facts(origin))["Proof in the file"]
    anna.bring("\n".join([HEADER, line("dora@kunde-1.de")]), list_id=offers)
    assert dict(facts(origin))["Proof in the file"].startswith("Sign-up time, Sign-up IP address, Confirmation time")


def facts(origin: ListOrigin) -> list[tuple[str, str]]:
    return within(origin, facts_of, origin)
