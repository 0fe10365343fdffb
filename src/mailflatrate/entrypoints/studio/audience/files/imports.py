"""Imports: history, live progress and report of one file, and its rows to correct. `moves` takes the uploads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.intake import queries
from mailflatrate.apps.intake.actions import imports, rejected_rows
from mailflatrate.apps.intake.judging.judged import TAKEN_ID, UNUSABLE_ID
from mailflatrate.apps.intake.models import Import, MoveState
from mailflatrate.apps.lists.fields import definitions, fault_sentence
from mailflatrate.base import tenancy
from mailflatrate.entrypoints.presenters.import_reasons import reason_word, reasons
from mailflatrate.entrypoints.presenters.lookups import find_import
from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.audience.move_pages import MOVE_TONES, move_label
from mailflatrate.entrypoints.studio.common import page, whole_number
from mailflatrate.entrypoints.ui.csv_lines import csv_response
from mailflatrate.entrypoints.ui.menu import CONTACTS, Tab
from mailflatrate.entrypoints.ui.origin_labels import figures_of
from mailflatrate.entrypoints.ui.posts import succeed
from mailflatrate.rules.contacts import external_ids
from mailflatrate.rules.fields.values import FAULTS
from mailflatrate.rules.roles import Permission


@dataclass(frozen=True, slots=True)
class ImportRow:
    job: Import
    quarantined: int
    refused: int


def import_rows(jobs: Sequence[Import]) -> list[ImportRow]:
    return [ImportRow(job, sum(job.quarantined.values()), sum(job.refused.values())) for job in jobs]


@studio(
    "GET imports/",
    "imports",
    Permission.CONTACTS,
    limited=True,
    tab=Tab(CONTACTS, gettext_lazy("Imports"), gettext_lazy("upload, CSV, Excel, file"), place=70),
)
def history(request: StudioRequest) -> HttpResponse:
    before = whole_number(request.GET.get("before"))
    jobs = queries.imports_page(before_id=before or None, size=queries.PAGE_ROWS + 1)
    visible = jobs[: queries.PAGE_ROWS]
    more = len(jobs) > len(visible)
    context = {
        "rows": import_rows(visible),
        "moves": [] if before else _move_rows(),
        "next": f"?before={visible[-1].id}" if more else "",
        "later": bool(before),
    }
    return page(request, "studio/audience/imports.html", context)


def _move_rows() -> list[dict[str, Any]]:
    return [
        {"move": move, "tone": MOVE_TONES[MoveState(move.state)], "label": move_label(move, under_way=works)}
        for move, works in queries.moves_page()
    ]


def _report(request: StudioRequest, job: Import) -> dict[str, Any]:
    after = whole_number(request.GET.get("after"))
    lines = queries.refused_page(job.id, after_line=after, size=queries.PAGE_ROWS + 1)
    visible = lines[: queries.PAGE_ROWS]
    return {
        "row": import_rows([job])[0],
        "job": job,
        "problem": error_sentence(job.problem),
        "quarantined": reasons(job.quarantined),
        "refused": reasons(job.refused),
        "figures": figures_of(job),
        "unknown_words": [
            (title, word, number)
            for title, words in job.terms.get("unknown_words", {}).items()
            for word, number in words.items()
        ],
        "unread_values": _unread_values(job),
        "lines": [(line, reason_word(line.reason), ", ".join(map(str, line.row))) for line in visible],
        "next": f"?after={visible[-1].line_number}" if len(lines) > len(visible) else "",
        "first": reverse("studio:import", args=[job.id]) if after else "",
    }


def _unread_values(job: Import) -> list[tuple[str, int, str]]:
    """Return the values that didn't suit their fields: the field, how many, and how they have to be written."""
    unread: dict[str, dict[str, int]] = job.terms.get("unread_values", {})
    fields = definitions(unread)
    about_ids = unread.get(external_ids.FIELD, {})
    sentences = {
        UNUSABLE_ID: error_sentence(_("write it as one word of at most 200 characters, without spaces or umlauts")),
        TAKEN_ID: _("Another contact already has it."),
    }
    return [
        *((_("External ID"), number, sentences[fault]) for fault, number in about_ids.items()),
        *(
            (fields[key].label, number, error_sentence(fault_sentence(fields[key], FAULTS[fault])))
            for key, faults in unread.items()
            if key in fields
            for fault, number in faults.items()
        ),
    ]


@studio("GET imports/<int:import_id>/", "import", Permission.CONTACTS, limited=True)
def one(request: StudioRequest, import_id: int) -> HttpResponse:
    job = find_import(import_id)
    return page(request, "studio/audience/import.html", _report(request, job))


@studio("GET imports/<int:import_id>/progress/", "import-progress", Permission.CONTACTS, limited=True)
def progress(request: StudioRequest, import_id: int) -> HttpResponse:
    return page(
        request, "studio/audience/import_body.html", {**_report(request, find_import(import_id)), "alone": True}
    )


@studio(
    "POST imports/<int:import_id>/cancel/", "import-cancel", Permission.CONTACTS, limited=True, logs="import.canceled"
)
def cancel(request: StudioRequest, import_id: int) -> HttpResponse:
    """Stop before the next part of the file."""
    find_import(import_id)
    imports.cancel_import(import_id)
    message = _("The import is stopping. Contacts already imported will stay.")
    return succeed(request, message, reverse("studio:import", args=[import_id]))


@studio(
    "GET imports/<int:import_id>/refused.csv", "import-refused", Permission.CONTACTS, Permission.CONTACTS, limited=True
)
def refused(request: StudioRequest, import_id: int) -> HttpResponseBase:
    """Stream refused rows and those without complete proof, with the reasons as text, for a spreadsheet."""
    job = find_import(import_id)
    account_id, language = request.account.id, translation.get_language() or "en"

    def lines() -> Iterator[str]:
        yield "\ufeff"  # so that Excel reads UTF-8
        with tenancy.account(account_id), translation.override(language):
            yield from rejected_rows.rows_to_correct(import_id, wording=reason_word)

    # The original name stays in it: a file called "unsubscribed" says so of everyone, once it is handed in again.
    name = get_valid_filename(f"{PurePath(job.file_name).stem[:80]}-to-correct-{import_id}.csv")
    return csv_response(name, lines())
