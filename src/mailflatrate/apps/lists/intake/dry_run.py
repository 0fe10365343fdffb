"""A dry run: what an import of some files would do with each person, without an account, a list or a database.

The verdicts are those of `row_decisions`, which the import itself uses. What a customer states once for all rows (the
source, the last campaign) counts as answered and is asked for in `questions`, with the number of people it affects.
"""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.apps.lists.intake.birth_dates import minor_reader
from mailflatrate.apps.lists.intake.columns import (
    ATTRIBUTE_PREFIX,
    Columns,
    ColumnTarget,
    check_mapping,
    suggest_mapping,
)
from mailflatrate.apps.lists.intake.file_preview import TablePreview
from mailflatrate.apps.lists.intake.file_tables import open_table, preview_in_child, search_orders
from mailflatrate.apps.lists.intake.import_options import (
    ImportTerms,
    check_terms,
    moment_readers,
    name_asks,
    suggested_terms,
)
from mailflatrate.apps.lists.intake.judge_settings import JudgeSettings
from mailflatrate.apps.lists.intake.piles import Outcome, PersonPiles, Pile, never_word
from mailflatrate.apps.lists.intake.questions import Question, find_orders, find_questions
from mailflatrate.apps.lists.intake.row_decisions import ImportJudge, RowVerdict, Weighed
from mailflatrate.apps.lists.intake.statuses import Statuses
from mailflatrate.apps.lists.intake.table_files import TableFile
from mailflatrate.mail.address import domain_of, without_tag
from mailflatrate.rules.addresses.domains import RESERVED_DOMAINS, RESERVED_ENDINGS, judge_domain
from mailflatrate.rules.consent import EvidenceReason
from mailflatrate.rules.limits import CONSENT_MAX_AGE
from mailflatrate.rules.systems import SystemProfile, recognize

SOURCE = "source"
LAST_MAILED = "last_mailed"
TIME_ZONE = "time_zone"
NO_ADDRESS = "no_address_column"
SAMPLE = "sample_data"
_OPEN_SOURCE = "stated by the customer for all rows"
"""Stands for the source while the question about it is open."""
SEVERAL = "several"


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question that the customer has to answer, and the number of people that the answer decides about."""

    about: str
    file: str
    column: str
    sentence: str
    people: int = 0

    def as_json(self) -> dict[str, object]:
        """For the printed object."""
        return asdict(self)


@dataclass(slots=True)
class DryRun:
    """The result. `columns` maps each title to its field, None for a column that is left out."""

    system: str | None
    rows: int = 0
    counts: Counter[Outcome] = field(default_factory=Counter)
    columns: dict[str, str | None] = field(default_factory=dict)
    questions: list[OpenQuestion] = field(default_factory=list)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)

    def pile(self, pile: Pile) -> dict[str, int]:
        """Return the reasons of a pile with their numbers, the most frequent first."""
        found = {reason: count for (one, reason), count in self.counts.items() if one is pile and count}
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def as_json(self) -> dict[str, Any]:
        """Return the object that the command prints."""
        return {
            "system": self.system,
            "rows": self.rows,
            "mailable": sum(self.pile(Pile.MAILABLE).values()),
            "ask": sum(self.pile(Pile.ASK).values()),
            "never": self.pile(Pile.NEVER),
            "columns": self.columns,
            "questions": [question.as_json() for question in self.questions],
        }


class TriedRow(NamedTuple):
    """One row with its person's outcome."""

    file: str
    line: int
    email: str
    pile: Pile
    reason: str


@dataclass(frozen=True, slots=True)
class _Plan:
    """How one file is read."""

    file: TableFile
    preview: TablePreview
    terms: ImportTerms
    columns: Columns
    orders: Mapping[str, str]
    questions: tuple[Question, ...]


class DryRunner:
    """Judges some files together. `answers` holds what the customer stated, for all of them.

    `allow_reserved`: reserved endings that this installation answers for.
    """

    def __init__(
        self,
        files: Sequence[TableFile],
        answers: ImportTerms,
        now: datetime,
        *,
        mapping: Mapping[str, str] | None = None,
        last_mailed_at: datetime | None = None,
        allow_reserved: Sequence[str] = (),
    ) -> None:
        self._answers, self._now, self._last_mailed_at = answers, now, last_mailed_at
        self._mapping, self._allow_reserved = dict(mapping or {}), allow_reserved
        self._key = secrets.token_bytes(32)
        self._piles = PersonPiles()
        self._needs_source: Counter[str] = Counter()
        self._needs_last_mailed: Counter[str] = Counter()
        self._assumes_zone: Counter[str] = Counter()
        previews = [(file, preview_in_child(file.path)) for file in files]
        found = [recognize(preview.header, preview.rows, f"{file.archive} {file.name}") for file, preview in previews]
        known = {system.name: system for system in found if system is not None}
        self.result = DryRun(next(iter(known)) if len(known) == 1 else SEVERAL if known else None)
        if answers.profile is not None:
            self.result.system = answers.profile.name
        # A file of the same drop that could be anybody's is read as the others are.
        common = next(iter(known.values())) if len(known) == 1 else None
        self._plans = [
            plan
            for (file, preview), system in zip(previews, found, strict=True)
            if (plan := self._plan(file, preview, answers.profile or system or common)) is not None
        ]
        if not self._plans:
            raise ImportProblem(_("no file has a column with email addresses"))
        if not allow_reserved and all(map(_is_sample, self._plans)):
            self._allow_reserved = (*RESERVED_ENDINGS, *RESERVED_DOMAINS)
            self.result.questions.append(OpenQuestion(SAMPLE, self._plans[0].file.name, "", _about_samples()))

    def run(self) -> DryRun:
        """Read every file once and return the piles."""
        result = self.result
        for plan in self._plans:
            judge = ImportJudge(self._setting(plan))
            for _line, _cells, verdict in self._verdicts(plan, judge):
                result.rows += 1
                self._count(plan, verdict)
        self._piles.settle()
        result.counts = self._piles.counts
        result.questions += self._open_questions()
        return result

    def rows(self) -> Iterator[TriedRow]:
        """Read every file again and yield each row with the outcome of its person. Call `run` first."""
        for plan in self._plans:
            judge = ImportJudge(self._setting(plan))
            email_at = plan.columns.targets[ColumnTarget.EMAIL]
            for line, cells, verdict in self._verdicts(plan, judge):
                person = self._piles.outcome(verdict.key) if verdict.key else None
                pile, reason = person or self._outcome(plan, verdict)
                email = cells[email_at] if email_at < len(cells) else ""
                yield TriedRow(plan.file.name, line, email.strip(), pile, reason)

    def _plan(self, file: TableFile, preview: TablePreview, system: SystemProfile | None) -> _Plan | None:
        """Settle how a file is read; None for one without addresses, such as a report in the same ZIP."""
        header = list(preview.header)
        suggested = suggested_terms(_telling_name(file.name), system)
        answers = self._answers
        terms = replace(
            suggested,
            all_rows=answers.all_rows or suggested.all_rows,
            system=answers.system or suggested.system,
            time_zone=answers.time_zone or suggested.time_zone,
            no_status={title: why for title, why in answers.no_status.items() if title in header},
            date_orders={title: order for title, order in answers.date_orders.items() if title in header},
            date_order=answers.date_order,
            source=answers.source,
            form_url=answers.form_url,
            wording=answers.wording,
        )
        check_terms(terms, header)
        mapping = suggest_mapping(header, preview.survey.profiles, system)
        mapping = self._with_answers(mapping, header)
        named = {title: _shown_target(name) for name, title in mapping.items()}
        self.result.columns |= {title: named.get(title) for title in header if not self.result.columns.get(title)}
        if ColumnTarget.EMAIL not in mapping:
            sentence = _("“%(name)s” has no column with email addresses and is left out.") % {"name": file.name}
            self.result.questions.append(OpenQuestion(NO_ADDRESS, file.name, "", sentence))
            return None
        columns = check_mapping(header, mapping, system)
        asked = find_questions(header, preview.survey, columns, terms, _telling_name(file.name), system)
        search = partial(search_orders, file.path)
        orders, about_orders = find_orders(header, preview.survey, columns, terms, search)
        self.result.questions += [
            OpenQuestion(question.about, file.name, question.column, question.sentence)
            for question in (*asked, *about_orders)
        ]
        return _Plan(file, preview, terms, columns, orders, (*asked, *about_orders))

    def _with_answers(self, mapping: Mapping[str, str], header: Sequence[str]) -> dict[str, str]:
        """Apply the customer's columns where this file has them; a column they name loses its suggested field."""
        own = {name: title for name, title in self._mapping.items() if not title or title in header}
        rest = {name: title for name, title in mapping.items() if name not in own and title not in own.values()}
        return {name: title for name, title in {**rest, **own}.items() if title}

    def _setting(self, plan: _Plan) -> JudgeSettings:
        zone = plan.terms.time_zone or "UTC"
        readers = moment_readers(plan.orders, plan.columns, plan.preview.header, zone)
        has_source = ColumnTarget.SOURCE in plan.columns.targets
        return JudgeSettings(
            columns=plan.columns,
            key_of=self._key_of,
            read_moments=readers,
            says_minor=minor_reader("DE", self._now.date()),
            now=self._now,
            statuses=Statuses(plan.columns, plan.terms, plan.preview.header, readers),
            last_mailed_at=self._last_mailed_at or self._now,
            source="" if has_source else plan.terms.stated_source or _OPEN_SOURCE,
            source_by="customer",
            same_time_is_single=plan.terms.profile is not None and plan.terms.profile.proof.same_time_is_single,
            allow_reserved=self._allow_reserved,
        )

    def _key_of(self, canonical: str) -> bytes:
        return hashlib.blake2b(canonical.encode(), key=self._key, digest_size=16).digest()

    def _verdicts(self, plan: _Plan, judge: ImportJudge) -> Iterator[tuple[int, list[str], RowVerdict]]:
        table = open_table(plan.file.path)
        email_at = plan.columns.targets[ColumnTarget.EMAIL]
        unknown = self.result.unknown
        for line, cells, fault in table.rows():
            if fault is not None:
                yield line, cells, RowVerdict(b"", (line, cells, "", "unreadable", ""))
            else:
                yield line, cells, judge.verdict(line, cells, email_at, unknown)

    def _count(self, plan: _Plan, verdict: RowVerdict) -> None:
        outcome = self._outcome(plan, verdict)
        weighed = verdict.weighed
        if weighed is None and (verdict.no is None or not verdict.key):
            self._piles.add_row(outcome)
            return
        mailbox = None
        if weighed is not None:
            tagless = without_tag(weighed.decision.canonical)
            mailbox = self._key_of(tagless) if tagless else None
            if not weighed.reason:
                self._note_open(plan, weighed)
        self._piles.add_person(verdict.key, outcome, mailbox)

    def _outcome(self, plan: _Plan, verdict: RowVerdict) -> Outcome:
        if verdict.refusal is not None:
            return Pile.NEVER, never_word(verdict.refusal[3])
        assert verdict.weighed is not None
        reason = verdict.weighed.reason
        if not reason and verdict.weighed.source == _OPEN_SOURCE and not _states_source(plan.terms.profile):
            reason = EvidenceReason.SOURCE_MISSING.value
        return (Pile.ASK, reason) if reason else (Pile.MAILABLE, "")

    def _note_open(self, plan: _Plan, weighed: Weighed) -> None:
        """Count who is mailable only once a question is answered."""
        name = plan.file.name
        if weighed.source == _OPEN_SOURCE:
            self._needs_source[name] += 1
        assert weighed.confirmed_at is not None and weighed.signup_at is not None
        too_old = self._now - weighed.confirmed_at.at > CONSENT_MAX_AGE
        if self._last_mailed_at is None and too_old and (weighed.contact or {}).get("by") == "origin":
            self._needs_last_mailed[name] += 1
        if not plan.terms.time_zone and "zone" in (*weighed.signup_at.assumed, *weighed.confirmed_at.assumed):
            self._assumes_zone[name] += 1

    def _open_questions(self) -> Iterator[OpenQuestion]:
        source = _("No column says where these people signed up. State it once for all rows: the page or form.")
        last_mailed = _(
            "These people confirmed more than 24 months ago. They're mailable only if you've mailed them since: state "
            "when you last did."
        )
        zone = _("The times name no time zone. State it; until then they count as UTC.")
        sentences = (
            (SOURCE, self._needs_source, source),
            (LAST_MAILED, self._needs_last_mailed, last_mailed),
            (TIME_ZONE, self._assumes_zone, zone),
        )
        for about, people, sentence in sentences:
            for name, count in people.items():
                yield OpenQuestion(about, name, "", sentence, count)


def _is_sample(plan: _Plan) -> bool:
    """Return whether most addresses at the start of a file have domains that are reserved for examples."""
    email_at = plan.columns.targets[ColumnTarget.EMAIL]
    texts = [row[email_at] for row in plan.preview.rows if email_at < len(row)]
    domains = [domain_of(text.strip()) for text in texts if "@" in text]
    return 2 * sum(judge_domain(domain).reserved for domain in domains) > len(domains)


def _about_samples() -> str:
    return _(
        "Most of these addresses have domains that are reserved for examples. This dry run counts them as if they were "
        "real, but an import refuses them."
    )


def _shown_target(name: str) -> str:
    """Return a field without the number that tells several columns of a status apart."""
    return name if name.startswith(ATTRIBUTE_PREFIX) else name.partition(":")[0]


def _states_source(system: SystemProfile | None) -> bool:
    return system is not None and SOURCE in system.proof.stated


def _telling_name(name: str) -> str:
    """Return the part of a name in a ZIP that says who is in the file, or its folder if the name doesn't."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.name if name_asks(path.name) or not path.parent.name else f"{path.parent.name} {path.name}"
