"""Moving in from another email service: files, dry run, three piles, one confirmation, and the move-in link."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.actions.agreements import PolicyConfirmation
from mailflatrate.apps.forms.queries import asking_forms
from mailflatrate.apps.intake import queries
from mailflatrate.apps.intake.actions import moves
from mailflatrate.apps.intake.dry_runs.dry_run_result import LAST_MAILED, SAMPLE, SOURCE
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.models import Move, MoveState
from mailflatrate.apps.intake.moves.answers import MoveAnswers
from mailflatrate.apps.intake.moves.check import origin_in_use
from mailflatrate.apps.intake.moves.result import MoveFindings
from mailflatrate.apps.intake.reading.questions import UNREAD_NOES
from mailflatrate.apps.lists.errors import DeclarationProblem, ImportProblem, ListError, MoveChanged
from mailflatrate.apps.lists.models import OriginKind
from mailflatrate.entrypoints.client import circumstances
from mailflatrate.entrypoints.presenters.lookups import find_move
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.presenters.signup.embeds import move_in_url
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience import move_pages as shown
from mailflatrate.entrypoints.studio.audience.audience_labels import ALL_ROWS_WORDS, DATE_ORDER_WORDS
from mailflatrate.entrypoints.studio.audience.files.fetches import fetch_context
from mailflatrate.entrypoints.studio.audience.files.imports import import_rows
from mailflatrate.entrypoints.studio.audience.forms import MoveUploadForm
from mailflatrate.entrypoints.studio.audience.move_answers import (
    changes_numbers,
    posted_answers,
    posted_declaration,
)
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.documents import policy_in_force
from mailflatrate.entrypoints.ui.origin_labels import facts_of
from mailflatrate.entrypoints.ui.posts import perform, see_other
from mailflatrate.rules.roles import Permission
from mailflatrate.rules.systems.profile import sample_zip


@dataclass(frozen=True, slots=True)
class MoveInText:
    link: str
    language: str
    language_name: str
    subject: str
    body: str
    how: str


def move_in_texts(link: str, list_name: str, company: str, system: str) -> list[MoveInText]:
    here = translation.get_language() or "en"
    how = (
        _(
            "In %(system)s, create a campaign for the contacts without proof, paste this text, and send it once. Don't "
            "send it to anyone who unsubscribed, bounced or complained."
        )
        % {"system": system}
        if system
        else _(
            "In your previous system, create a campaign for the contacts without proof, paste this text, and send it "
            "once. Don't send it to anyone who unsubscribed, bounced or complained."
        )
    )
    codes = [code for code, _name in settings.LANGUAGES if code in ("en", "de")]
    return [_text(link, list_name, company, code, how) for code in sorted(codes, key=lambda code: (code != here, code))]


def _text(link: str, list_name: str, company: str, language: str, how: str) -> MoveInText:
    name = str(dict(settings.LANGUAGES)[language])
    separator = "&" if "?" in link else "?"
    values = {"list": list_name, "company": company, "link": f"{link}{separator}language={language}"}
    with translation.override(language):
        subject = _("Confirm once to keep receiving “%(list)s”") % values
        body = (
            _(
                "Hello,\n\nwe're changing the service that sends “%(list)s”. To keep receiving it, confirm your "
                "subscription once:\n\n%(link)s\n\nEnter your email address there, then click the link in the email "
                "that follows. If you do nothing, you'll no longer receive it.\n\n%(company)s"
            )
            % values
        )
    return MoveInText(values["link"], language, name, subject, body, how)


UNDER_WAY = (MoveState.FETCHING, MoveState.CHECKING, MoveState.STARTING)


def _url(move: Move) -> str:
    return reverse("studio:import-move", args=[move.id])


@studio("GET|POST imports/new/", "import-new", Permission.CONTACTS, limited=True, logs="import.uploaded")
def new(request: StudioRequest) -> HttpResponse:
    form = MoveUploadForm(
        request.POST or None, request.FILES or None, initial={"mailing_list": whole_number(request.GET.get("list"))}
    )
    if request.method == "POST" and form.is_valid():
        dropped = [moves.DroppedFile(file.name or "", file) for file in form.cleaned_data["dropped"]]
        values = form.cleaned_data
        try:
            move = moves.upload_move(values["mailing_list"], dropped, by=request.user, system=values["system"])
        except ImportProblem as problem:
            form.add_error("dropped", error_sentence(problem))
        else:
            return see_other(_url(move))
    context = {
        "form": form,
        "has_lists": bool(form.fields["mailing_list"].choices),  # type: ignore[attr-defined]  # a choice field
        "notes": shown.system_notes(request.LANGUAGE_CODE or "en"),
    }
    return page(request, "studio/audience/move_new.html", context)


@studio("GET imports/moves/<int:move_id>/", "import-move", Permission.CONTACTS, limited=True)
def one(request: StudioRequest, move_id: int) -> HttpResponse:
    move = find_move(move_id)
    return _page(request, move)


@dataclass(frozen=True, slots=True)
class _Posted:
    answers: MoveAnswers
    values: Mapping[str, str]
    problem: str = ""
    errors: Mapping[str, str] | None = None


def _page(request: StudioRequest, move: Move, posted: _Posted | None = None) -> HttpResponse:
    status = 422 if posted is not None else 200
    context: dict[str, Any] = {"move": move, "tone": shown.MOVE_TONES[MoveState(move.state)]}
    context |= {"system": shown.system_title(_answers(move).system), "files": move.files}
    if move.state == MoveState.READY and move.result is not None:
        context |= _result_context(request, move, posted)
        return page(request, "studio/audience/move_result.html", context, status=status)
    context |= _progress_context(request, move)
    return page(request, "studio/audience/move.html", context, status=status)


def _answers(move: Move) -> MoveAnswers:
    return MoveAnswers.from_json(move.answers)


def _result_context(request: StudioRequest, move: Move, posted: _Posted | None) -> dict[str, Any]:
    assert move.result is not None
    result = MoveFindings.from_json(move.result)
    answers = posted.answers if posted is not None else _answers(move)
    origin = origin_in_use(move.mailing_list_id)
    rows = shown.column_rows(result, answers)
    settled_topics = (LAST_MAILED,) if origin is not None else ()
    asked = [question for question in result.questions if question.about not in (SOURCE, *settled_topics)]
    asks_source = any(question.about == SOURCE for question in result.questions) and not (
        origin is not None and origin.form_urls and shown.leaves_source_out(result.system)
    )
    declared = origin.last_mailed_on if origin is not None else None
    return {
        "last_mailed_on": declared.isoformat() if declared else answers.last_mailed_on,
        "last_mailed_hint": _("The list origin says this date, so it counts.") if declared else "",
        "result": result,
        "title": shown.found_title(result),
        "answers": answers,
        "mailable": result.people(Pile.MAILABLE),
        "ask": result.people(Pile.ASK),
        "never": result.people(Pile.NEVER),
        "people": result.people(Pile.MAILABLE) + result.people(Pile.ASK),
        "mailable_lines": shown.reason_lines(move, result, Pile.MAILABLE),
        "ask_lines": shown.reason_lines(move, result, Pile.ASK),
        "never_lines": shown.reason_lines(move, result, Pile.NEVER),
        "questions": [sentence for question in asked if (sentence := shown.question_sentence(question))],
        "asks_unread": any(question.about == UNREAD_NOES for question in result.questions),
        "reviews": shown.review_lines(result, request.LANGUAGE_CODE or "en"),
        "asks_source": asks_source,
        "system_title": shown.system_title(result.system),
        "names": list(dict.fromkeys(file["archive"] or file["name"] for file in move.files))[:3],
        "columns": [row for row in rows if row.choice or row.asks_why],
        "left_out": [row for row in rows if not row.choice and not row.asks_why],
        "choices": shown.column_choices(),
        "types": shown.field_types(),
        "orders": [(key, word) for key, word in DATE_ORDER_WORDS.items() if key],
        "statuses": list(ALL_ROWS_WORDS.items()),
        "systems": shown.system_choices(),
        "zones": shown.zones(answers.time_zone),
        "notes": shown.system_notes(request.LANGUAGE_CODE or "en", result.system or "-"),
        "may_start": not result.blocking and not any(question.about == SAMPLE for question in result.questions),
        "origin": origin,
        "origin_facts": facts_of(origin) if origin is not None else [],
        "kinds": OriginKind.choices,
        "posted": posted.values if posted is not None else {"kind": "service" if result.system else "website"},
        "collected_from": posted.values.get("collected_from", "") if posted is not None else result.first_signup_on,
        "problem": posted.problem if posted is not None else error_sentence(move.problem),
        "errors": posted.errors if posted is not None else None,
        "policy": policy_in_force(request.LANGUAGE_CODE or "en"),
    }


def _progress_context(request: StudioRequest, move: Move) -> dict[str, Any]:
    rows = import_rows(queries.imports_of_move(move.id))
    under_way = move.state in UNDER_WAY or any(row.job.is_under_way for row in rows)
    moved = move.state == MoveState.MOVED and not under_way
    return {
        **fetch_context(move),
        "under_way": under_way,
        "state_label": shown.move_label(move, under_way=under_way),
        "rows": rows,
        "problem": error_sentence(move.problem),
        "accepted": sum(row.job.accepted for row in rows),
        "quarantined": sum(row.quarantined for row in rows),
        "waiting": queries.waiting_for_review(move.mailing_list_id) if moved else 0,
        "refused": sum(row.refused for row in rows),
        "links": _links(request, move),
    }


def _links(request: StudioRequest, move: Move) -> list[MoveInText]:
    """Return the move-in link with the text to send; empty before the start, and without a published form."""
    if move.state != MoveState.MOVED:
        return []
    system = shown.system_title(MoveFindings.from_json(move.result).system) if move.result is not None else ""
    form = next(iter(asking_forms(move.mailing_list_id)), None)
    if form is None:
        return []
    link = move_in_url(form.code, move.code)
    return move_in_texts(link, move.mailing_list.public_name, request.account.name, system)


@studio("GET imports/moves/<int:move_id>/progress/", "import-move-progress", Permission.CONTACTS, limited=True)
def progress(request: StudioRequest, move_id: int) -> HttpResponse:
    move = find_move(move_id)
    context = {"move": move, "tone": shown.MOVE_TONES[MoveState(move.state)], **_progress_context(request, move)}
    answer = page(request, "studio/audience/move_body.html", context)
    if move.state in (MoveState.READY, MoveState.CHOOSING):
        answer.headers["HX-Redirect"] = _url(move)  # the piles are another page
    return answer


@studio(
    "POST imports/moves/<int:move_id>/check/",
    "import-move-check",
    Permission.CONTACTS,
    limited=True,
    logs="import.uploaded",
)
def check(request: StudioRequest, move_id: int) -> HttpResponse:
    move = find_move(move_id)
    if move.state != MoveState.READY or move.result is None:
        return see_other(_url(move))
    stored = _answers(move)
    try:
        answers = posted_answers(request.POST, stored, MoveFindings.from_json(move.result))
        moves.answer_move(move.id, answers)
    except ImportProblem as problem:
        return _page(request, move, _Posted(stored, request.POST, error_sentence(problem)))
    return see_other(_url(move))


@studio(
    "POST imports/moves/<int:move_id>/start/",
    "import-move-start",
    Permission.CONTACTS,
    limited=True,
    logs="move.started",
)
def start(request: StudioRequest, move_id: int) -> HttpResponse:
    """Start the imports: this confirms the policy (R-04) and, if it is missing, declares the origin (R-10)."""
    move = find_move(move_id)
    if move.state != MoveState.READY or move.result is None:
        return see_other(_url(move))
    stored, result = _answers(move), MoveFindings.from_json(move.result)
    answers = stored
    try:
        answers = posted_answers(request.POST, stored, result)
        if changes_numbers(stored, answers, result):
            moves.answer_move(move.id, answers)
            return see_other(_url(move))
        if request.POST.get("policy") != "on":
            raise ImportProblem(_("Read the policy and confirm that these addresses comply with it."))
        declaration = posted_declaration(
            request.POST, answers, result, company=request.account.name, person=request.user.name
        )
        moves.start_move(
            move.id,
            shown_run=whole_number(request.POST.get("run")),
            answers=answers,
            declaration=declaration,
            tick=PolicyConfirmation(request.user, circumstances(request)),
        )
    except MoveChanged:
        return see_other(_url(move))
    except DeclarationProblem as problem:
        errors = {name: error_sentence(sentence) for name, sentence in problem.problems.items()}
        text = _("Something is missing. It's marked below.")
        return _page(request, move, _Posted(answers, request.POST, text, errors))
    except ListError as problem:
        return _page(request, move, _Posted(answers, request.POST, error_sentence(problem)))
    return see_other(_url(move))


@studio(
    "POST imports/moves/<int:move_id>/discard/",
    "import-move-discard",
    Permission.CONTACTS,
    limited=True,
    logs="import.canceled",
)
def discard(request: StudioRequest, move_id: int) -> HttpResponse:
    move = find_move(move_id)
    return perform(
        request,
        lambda: moves.discard_move(move.id),
        _("The files have been deleted. Nothing was imported."),
        reverse("studio:import-new"),
        refused=ImportProblem,
        back=_url(move),
    )


@studio("GET imports/moves/<int:move_id>/rows/", "import-move-rows", Permission.CONTACTS, limited=True)
def rows(request: StudioRequest, move_id: int) -> HttpResponse:
    """Show rows of one pile with the reason, page by page. Addresses are masked."""
    move = find_move(move_id)
    pile, reason = request.GET.get("pile", ""), request.GET.get("why", "")
    if move.result is None or pile not in set(Pile):
        raise Http404
    result = MoveFindings.from_json(move.result)
    section = shown.rows_of(result, pile, reason, whole_number(request.GET.get("from")))
    people = next((number for counted_pile, why, number in result.counts if (counted_pile, why) == (pile, reason)), 0)

    def here(begins_at: int) -> str:
        return f"?{urlencode({'pile': pile, 'why': reason, 'from': str(max(begins_at, 0))})}"

    context = {
        "move": move,
        "pile": pile,
        "rows": section.rows,
        "first": section.begins_at + 1,
        "last": section.ends_at,
        "kept": section.kept,
        "previous": here(section.begins_at - shown.PAGE_ROWS) if section.begins_at else "",
        "next": here(section.ends_at) if section.ends_at < section.kept else "",
        "people": people,
        "reason": shown.pile_reason(pile, reason) if people else "",
    }
    return page(request, "studio/audience/move_rows.html", context)


@studio("GET imports/examples/<slug:system>.zip", "import-sample", Permission.CONTACTS, limited=True)
def sample(request: StudioRequest, system: str) -> HttpResponse:
    archive = sample_zip(system)
    if archive is None:
        raise Http404
    name = f"{system}-example.zip"
    return HttpResponse(
        archive, content_type="application/zip", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
