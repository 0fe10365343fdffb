"""Reads the form of a move's page: answers about its files, and the declaration that is signed with it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import cast
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.actions.origins import Declaration
from mailflatrate.apps.intake.dry_runs.piles import Pile
from mailflatrate.apps.intake.moves.answers import MoveAnswers
from mailflatrate.apps.intake.moves.result import MoveFindings
from mailflatrate.apps.intake.reading.column_choices import CHOICES, LEAVE
from mailflatrate.apps.intake.reading.columns import ColumnTarget
from mailflatrate.apps.intake.reading.import_options import ALL_ROWS, CHOOSABLE_TYPES, DATE_ORDERS
from mailflatrate.apps.intake.reading.questions import UNREAD_NOES
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.models import EvidenceColumn, OriginKind
from mailflatrate.entrypoints.studio.audience.audience_labels import TARGET_WORDS
from mailflatrate.rules.systems.profile import profiles

MAX_LINE_CHARACTERS = 500
MAX_WORDING_CHARACTERS = 2_000


def posted_answers(posted: Mapping[str, str], stored: MoveAnswers, result: MoveFindings) -> MoveAnswers:
    """Missing fields stay, values not offered are ignored. Raises ImportProblem for columns that exclude each other."""
    lines = {
        name: " ".join(posted[name].split())[:MAX_LINE_CHARACTERS]
        for name in ("source", "form_url", "previous_system")
        if name in posted
    }
    wording = {"wording": posted["wording"].strip()[:MAX_WORDING_CHARACTERS]} if "wording" in posted else {}
    mailed = {"last_mailed_on": _date_text(posted["last_mailed_on"])} if "last_mailed_on" in posted else {}
    system = posted.get("system", stored.system)
    zone = posted.get("time_zone", stored.time_zone)
    return replace(
        stored,
        **lines,
        **wording,
        **mailed,
        system=system if system in profiles() else "",
        time_zone=zone if zone in available_timezones() else "",
        columns=_columns(posted, stored, result),
        date_orders=_date_orders(posted, stored, result),
        no_status=_reasons(posted, stored, result),
        all_rows=_all_rows(posted, stored, result),
        unread_noes=_unread_noes(posted, stored, result),
        field_types=_field_types(posted, stored, result),
    )


def _date_text(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _columns(posted: Mapping[str, str], stored: MoveAnswers, result: MoveFindings) -> dict[str, str]:
    chosen = dict(stored.columns)
    choices: dict[str, str] = {}
    for number, column in enumerate(result.columns):
        choice = posted.get(f"column-{number}", column.choice)
        choices[column.title] = choice
        if choice != column.choice and choice in (*CHOICES, LEAVE):
            chosen[column.title] = choice
    for target in ColumnTarget:
        both = [title for title, choice in choices.items() if choice == target.value and title in chosen]
        if len(both) > 1:
            values = {"first": both[0], "second": both[1], "field": TARGET_WORDS[target]}
            raise ImportProblem(
                _("“%(first)s” and “%(second)s” are both mapped to %(field)s. Map only one of them.") % values
            )
    return chosen


def _date_orders(posted: Mapping[str, str], stored: MoveAnswers, result: MoveFindings) -> dict[str, str]:
    orders = {column.title: posted.get(f"order-{number}", "") for number, column in enumerate(result.columns)}
    return {**stored.date_orders, **{title: order for title, order in orders.items() if order in DATE_ORDERS}}


def _field_types(posted: Mapping[str, str], stored: MoveAnswers, result: MoveFindings) -> dict[str, str]:
    kinds = {
        column.title: kind
        for number, column in enumerate(result.columns)
        if column.field and (kind := posted.get(f"type-{number}", "")) in CHOOSABLE_TYPES and kind != column.field_type
    }
    return {**stored.field_types, **kinds}


def _reasons(posted: Mapping[str, str], stored: MoveAnswers, result: MoveFindings) -> dict[str, str]:
    texts = {column.title: posted.get(f"why-{number}") for number, column in enumerate(result.columns)}
    reasons = {**stored.no_status, **{title: why.strip() for title, why in texts.items() if why is not None}}
    return {title: why[:MAX_LINE_CHARACTERS] for title, why in reasons.items() if why}


def _all_rows(posted: Mapping[str, str], stored: MoveAnswers, result: MoveFindings) -> dict[str, str]:
    words = {str(file.number): posted.get(f"file-{file.number}", "") for file in result.files}
    asked = {str(file.number): file.all_rows for file in result.files}
    changed = {number: word for number, word in words.items() if word in ALL_ROWS and word != asked[number]}
    return {**stored.all_rows, **changed}


def _unread_noes(posted: Mapping[str, str], stored: MoveAnswers, result: MoveFindings) -> int:
    """Return how many rows without an address the person leaves out: those that the page showed."""
    unread = max((question.people for question in result.questions if question.about == UNREAD_NOES), default=0)
    return unread if unread and "unread_noes" in posted else stored.unread_noes


def changes_numbers(before: MoveAnswers, after: MoveAnswers, result: MoveFindings) -> bool:
    """Without a source a person may still be mailable, and the date of the last campaign may decide a result."""
    same = replace(
        after,
        source=before.source,
        form_url=before.form_url,
        wording=before.wording,
        last_mailed_on=before.last_mailed_on,
        previous_system=before.previous_system,
        field_types=before.field_types,
    )
    if same != before:
        return True
    has_source = bool(before.terms.stated_source)
    waits = any(pile == Pile.ASK.value and reason == "source_missing" for pile, reason, _people in result.counts)
    return waits and has_source != bool(after.terms.stated_source)


def posted_declaration(
    posted: Mapping[str, str], answers: MoveAnswers, result: MoveFindings, *, company: str, person: str
) -> Declaration:
    profile = profiles().get(result.system)
    held = {column.choice for column in result.columns}
    day = _date_text(posted.get("collected_from", result.first_signup_on))
    mailed = answers.last_mailed_at
    return Declaration(
        kind=cast(OriginKind, posted.get("kind", "")),
        form_urls=[answers.form_url] if answers.form_url else [],
        wording=answers.wording,
        collected_from=date.fromisoformat(day) if day else None,
        previous_system=profile.title if profile is not None else answers.previous_system,
        last_mailed_on=mailed.date() if mailed is not None else None,
        declared_count=max(1, result.people(Pile.MAILABLE) + result.people(Pile.ASK)),
        controller=company,
        signatory=person,
        evidence=[column for column in EvidenceColumn if column.value in held],
        assured=posted.get("assured") == "on",
        remarks=_("Filled in from the files: %(files)s") % {"files": ", ".join(file.name for file in result.files)},
    )
