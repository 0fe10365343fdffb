"""What an import of some files would do with each person, by the same verdicts, without a database."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.dry_runs.dry_run_options import DryRunOptions
from mailflatrate.apps.intake.dry_runs.dry_run_result import (
    KEYS,
    LAST_MAILED,
    NO_ADDRESS,
    SAMPLE,
    SEVERAL,
    SOURCE,
    TIME_ZONE,
    DryRun,
    MoveQuestion,
    TriedRow,
)
from mailflatrate.apps.intake.dry_runs.pile_samples import PileSamples, RowSample, missing_samples, sample_of
from mailflatrate.apps.intake.dry_runs.piles import DUPLICATE, Outcome, PersonPiles, Pile, never_word
from mailflatrate.apps.intake.dry_runs.reviews import FileFigures
from mailflatrate.apps.intake.judging.judge_settings import JudgeSettings
from mailflatrate.apps.intake.judging.judged import UNREAD_NO
from mailflatrate.apps.intake.judging.row_decisions import ImportJudge, RowVerdict
from mailflatrate.apps.intake.judging.weighed import Weighed
from mailflatrate.apps.intake.reading import portable_rows
from mailflatrate.apps.intake.reading.column_choices import with_choices
from mailflatrate.apps.intake.reading.columns import (
    ATTRIBUTE_PREFIX,
    Columns,
    ColumnTarget,
    check_mapping,
    suggest_mapping,
)
from mailflatrate.apps.intake.reading.csv_rows import RowTable
from mailflatrate.apps.intake.reading.file_preview import TablePreview
from mailflatrate.apps.intake.reading.file_tables import open_table, preview_in_child, search_orders
from mailflatrate.apps.intake.reading.import_options import (
    BY_ROW,
    ImportTerms,
    check_terms,
    moment_readers,
    name_asks,
    suggested_terms,
)
from mailflatrate.apps.intake.reading.no_rows import UnreadNoes
from mailflatrate.apps.intake.reading.portable_rows import ProofTable, portable_columns
from mailflatrate.apps.intake.reading.questions import UNREAD_NOES, Question, ask_about, find_orders, find_questions
from mailflatrate.apps.intake.reading.statuses import Statuses
from mailflatrate.apps.intake.reading.table_files import TableFile
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.mail.address import domain_of, mailbox_forms
from mailflatrate.rules.addresses.domains import RESERVED_DOMAINS, RESERVED_ENDINGS, judge_domain
from mailflatrate.rules.contacts.birth_dates import minor_reader
from mailflatrate.rules.contacts.consent import EvidenceReason
from mailflatrate.rules.limits import CONSENT_MAX_AGE
from mailflatrate.rules.systems.profile import SystemProfile, recognize

_OPEN_SOURCE = "stated by the customer for all rows"
_PROGRESS_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class FilePlan:
    """`number`: its position among the files."""

    number: int
    file: TableFile
    preview: TablePreview
    terms: ImportTerms
    mapping: Mapping[str, str]
    columns: Columns
    orders: Mapping[str, str]
    questions: tuple[Question, ...]
    is_portable: bool = False

    @property
    def goes_last(self) -> bool:
        """After files in which everyone has the same status, such as opted out."""
        return self.terms.all_rows in ("", BY_ROW)


class DryRunner:
    def __init__(
        self, files: Sequence[TableFile], answers: ImportTerms, now: datetime, options: DryRunOptions | None = None
    ) -> None:
        self._answers, self._now, self._options = answers, now, options or DryRunOptions()
        self._allow_reserved = self._options.allow_reserved
        self._key = secrets.token_bytes(32)
        self._piles, self._listed = PersonPiles(), PersonPiles()
        self._samples = PileSamples()
        self._needs_source: Counter[str] = Counter()
        self._needs_last_mailed: Counter[str] = Counter()
        self._assumes_zone: Counter[str] = Counter()
        previews = [(file, preview_in_child(file.path)) for file in files]
        recognized = [
            recognize(preview.header, preview.rows, f"{file.archive} {file.name}") for file, preview in previews
        ]
        systems = {system.name: system for system in recognized if system is not None}
        self.result = DryRun(next(iter(systems)) if len(systems) == 1 else SEVERAL if systems else None)
        if answers.profile is not None:
            self.result.system = answers.profile.name
        # A file of the same drop that could be anybody's is read as the others are.
        common = next(iter(systems.values())) if len(systems) == 1 else None
        plans = (
            self._plan(number, file, preview, answers.profile or system or common)
            for number, ((file, preview), system) in enumerate(zip(previews, recognized, strict=True))
        )
        self.plans = [plan for plan in plans if plan is not None]
        if not self.plans:
            raise ImportProblem(_("no file has a column with email addresses"))
        if not self._allow_reserved and all(map(_is_sample, self.plans)):
            self._allow_reserved = (*RESERVED_ENDINGS, *RESERVED_DOMAINS)
            self.result.questions.append(MoveQuestion(SAMPLE, self.plans[0].file.name, "", _about_samples(), 0))

    def run(self) -> DryRun:
        """Reads every file once."""
        result, done_bytes = self.result, 0
        report = self._options.on_progress or (lambda _octets: None)
        for plan in sorted(self.plans, key=lambda plan: plan.goes_last):
            judge = ImportJudge(self._setting(plan))
            table = self._table(plan)
            figures = FileFigures(plan.file.name, self._piles, self._listed, int(self._now.timestamp()))
            unread = UnreadNoes()
            for line, cells, verdict in self._verdicts(plan, judge, table):
                result.rows += 1
                if verdict.refusal is not None and verdict.refusal[3] == UNREAD_NO:
                    unread = unread.with_line(line)
                result.file_rows[plan.file.name] += 1
                self._count(plan, line, cells, verdict, figures)
                if result.rows % _PROGRESS_ROWS == 0:
                    report(done_bytes + table.position_bytes())
            done_bytes += plan.file.path.stat().st_size
            report(done_bytes)
            if unread.rows > self._answers.unread_noes:
                result.questions.append(MoveQuestion(UNREAD_NOES, plan.file.name, "", ask_about(unread), unread.rows))
            result.reviews += figures.settle(self._options.known_of, self._options.facts_of)
        self._piles.settle()
        result.counts = self._piles.counts
        result.questions += self._open_questions()
        return result

    def samples(self) -> dict[Outcome, list[RowSample]]:
        """Some of each. Call `run` first. Reads the files again only if it has to."""
        settled_samples = self._samples.settled(self._piles)
        lacking = missing_samples(self.result.counts, settled_samples)
        if not lacking:
            return settled_samples
        sampled = {(row.file, row.line) for rows in settled_samples.values() for row in rows}
        for row in self.rows():
            outcome = (row.pile, row.reason)
            if outcome in lacking and (row.file, row.line) not in sampled:
                settled_samples.setdefault(outcome, []).append(sample_of(row.file, row.line, row.email))
                lacking[outcome] -= 1
                lacking = {left: count for left, count in lacking.items() if count}
                if not lacking:
                    break
        return settled_samples

    def rows(self) -> Iterator[TriedRow]:
        """Reads every file again, with final outcomes. Call `run` first."""
        for plan in self.plans:
            judge = ImportJudge(self._setting(plan))
            for line, cells, verdict in self._verdicts(plan, judge, self._table(plan)):
                person = self._piles.outcome(verdict.key) if verdict.key else None
                pile, reason = person or self._outcome(plan, verdict)
                yield TriedRow(plan.file.name, line, _address_in(plan, cells), pile, reason)

    def _plan(
        self, number: int, file: TableFile, preview: TablePreview, system: SystemProfile | None
    ) -> FilePlan | None:
        """None for one without addresses, such as a report in the same ZIP."""
        header = list(preview.header)
        if isinstance(open_table(file.path), ProofTable):
            return self._portable_plan(number, file, preview)
        suggested = suggested_terms(_telling_name(file.name), system)
        answers = self._answers
        terms = replace(
            suggested,
            all_rows=self._options.all_rows.get(number) or answers.all_rows or suggested.all_rows,
            system=answers.system or suggested.system,
            time_zone=answers.time_zone or suggested.time_zone,
            no_status={title: why for title, why in answers.no_status.items() if title in header},
            date_orders={title: order for title, order in answers.date_orders.items() if title in header},
            field_types={title: kind for title, kind in answers.field_types.items() if title in header},
            unread_noes=answers.unread_noes,
            date_order=answers.date_order,
            source=answers.source,
            form_url=answers.form_url,
            wording=answers.wording,
        )
        check_terms(terms, header)
        mapping = suggest_mapping(header, preview.survey.profiles, system)
        mapping = with_choices(self._with_answers(mapping, header), header, self._options.choices)
        named = {title: _shown_target(name) for name, title in mapping.items()}
        self.result.columns |= {title: named.get(title) for title in header if not self.result.columns.get(title)}
        if ColumnTarget.EMAIL not in mapping:
            sentence = _("“%(name)s” has no column with email addresses and is left out.") % {"name": file.name}
            self.result.questions.append(MoveQuestion(NO_ADDRESS, file.name, "", sentence, 0))
            return None
        columns = check_mapping(header, mapping, system)
        asked = find_questions(header, preview.survey, columns, terms, _telling_name(file.name), system)
        search = partial(search_orders, file.path)
        orders, about_orders = find_orders(header, preview.survey, columns, terms, search)
        self.result.questions += [
            MoveQuestion(question.about, file.name, question.column, question.sentence, 0)
            for question in (*asked, *about_orders)
        ]
        return FilePlan(number, file, preview, terms, mapping, columns, orders, (*asked, *about_orders))

    def _portable_plan(self, number: int, file: TableFile, preview: TablePreview) -> FilePlan:
        """Signed lines say themselves what is what."""
        if not self._options.trusted_keys:
            sentence = _(
                "The lines are signed. Without the published keys of the installation that signed them, none can be "
                "verified."
            )
            self.result.questions.append(MoveQuestion(KEYS, file.name, "", sentence, 0))
        mapping = {title: title for title in preview.header}
        self.result.columns |= mapping
        return FilePlan(number, file, preview, ImportTerms(), mapping, portable_columns(), {}, (), is_portable=True)

    def _table(self, plan: FilePlan) -> RowTable:
        table = open_table(plan.file.path)
        return table.verified(self._options.trusted_keys) if isinstance(table, ProofTable) else table

    def _with_answers(self, mapping: Mapping[str, str], header: Sequence[str]) -> dict[str, str]:
        """Where this file has them; a column they name loses its suggested field."""
        own = {name: title for name, title in self._options.mapping.items() if not title or title in header}
        rest = {name: title for name, title in mapping.items() if name not in own and title not in own.values()}
        return {name: title for name, title in {**rest, **own}.items() if title}

    def _setting(self, plan: FilePlan) -> JudgeSettings:
        zone = plan.terms.time_zone or self._options.time_zone
        header = portable_rows.HEADER if plan.is_portable else plan.preview.header
        readers = moment_readers(plan.orders, plan.columns, header, zone)
        has_source = ColumnTarget.SOURCE in plan.columns.targets
        return JudgeSettings(
            columns=plan.columns,
            key_of=self._key_of,
            read_moments=readers,
            says_minor=minor_reader(self._options.country, self._now.date()),
            now=self._now,
            statuses=Statuses(plan.columns, plan.terms, header, readers),
            last_mailed_at=self._options.last_mailed_at or self._now,
            source="" if has_source else plan.terms.stated_source or self._open_source(plan.terms.profile),
            source_by="customer",
            same_time_is_single=plan.terms.profile is not None and plan.terms.profile.proof.same_time_is_single,
            own_domains=self._options.own_domains,
            own_addresses=self._options.own_addresses,
            allow_reserved=self._allow_reserved,
            is_portable=plan.is_portable,
            source_of=self._options.source_of,
        )

    def _open_source(self, system: SystemProfile | None) -> str:
        return (self._options.origin_source if _states_source(system) else "") or _OPEN_SOURCE

    def _key_of(self, canonical: str) -> bytes:
        if self._options.key_of is not None:
            return self._options.key_of(canonical)
        return hashlib.blake2b(canonical.encode(), key=self._key, digest_size=16).digest()

    def _verdicts(
        self, plan: FilePlan, judge: ImportJudge, table: RowTable
    ) -> Iterator[tuple[int, list[str], RowVerdict]]:
        email_at = plan.columns.targets[ColumnTarget.EMAIL]
        unknown = self.result.unknown
        for line, cells, fault in table.rows():
            if fault is not None:
                yield line, cells, judge.unreadable(line, cells, fault)
            else:
                yield line, cells, judge.verdict(line, cells, email_at, unknown)

    def _count(
        self, plan: FilePlan, line: int, cells: Sequence[str], verdict: RowVerdict, figures: FileFigures
    ) -> None:
        outcome = self._outcome(plan, verdict)
        weighed = verdict.weighed
        key = verdict.key if weighed is not None or verdict.noes else b""
        is_first = True
        if verdict.refusal is not None:
            figures.refused(verdict.refusal[3])
        if key:
            mailbox = None
            if weighed is not None:
                forms = mailbox_forms(weighed.decision.canonical)
                mailbox = self._key_of(forms.mailbox) if forms.mailbox != forms.exact else None
                figures.weighed(key, mailbox, weighed, outcome[1])
                if not weighed.reason:
                    self._note_open(plan, weighed)
            is_first = self._piles.add_person(key, outcome, mailbox)
            for noe in verdict.noes[1:]:
                self._piles.add_person(noe.address_key, outcome)
        else:
            self._piles.add_row(outcome)
        own_outcomes = [outcome] if is_first or self._piles.outcome(key) == outcome else []
        for pile_outcome in (*own_outcomes, *(() if is_first else ((Pile.NEVER, DUPLICATE),))):
            if self._samples.wants(pile_outcome):
                sample = sample_of(plan.file.name, line, _address_in(plan, cells), weighed)
                self._samples.add(pile_outcome, key, sample)

    def _outcome(self, plan: FilePlan, verdict: RowVerdict) -> Outcome:
        if verdict.refusal is not None:
            return Pile.NEVER, never_word(verdict.refusal[3])
        assert verdict.weighed is not None
        reason = verdict.weighed.reason
        if not reason and verdict.weighed.source == _OPEN_SOURCE and not _states_source(plan.terms.profile):
            reason = EvidenceReason.SOURCE_MISSING.value
        return (Pile.ASK, reason) if reason else (Pile.MAILABLE, "")

    def _note_open(self, plan: FilePlan, weighed: Weighed) -> None:
        name = plan.file.name
        if weighed.source == _OPEN_SOURCE:
            self._needs_source[name] += 1
        assert weighed.confirmed_at is not None and weighed.signup_at is not None
        first = self.result.first_signup_at
        self.result.first_signup_at = weighed.signup_at.at if first is None else min(first, weighed.signup_at.at)
        too_old = self._now - weighed.confirmed_at.at > CONSENT_MAX_AGE
        if self._options.last_mailed_at is None and too_old and (weighed.contact or {}).get("by") == "origin":
            self._needs_last_mailed[name] += 1
        if not plan.terms.time_zone and "zone" in (*weighed.signup_at.assumed, *weighed.confirmed_at.assumed):
            self._assumes_zone[name] += 1

    def _open_questions(self) -> Iterator[MoveQuestion]:
        source = _("No column says where these people signed up. Enter the page or form once for all rows.")
        last_mailed = _(
            "These people confirmed more than 24 months ago. They can be emailed only if you've emailed them since, "
            "so enter when you last did."
        )
        zone = _("The times have no time zone. Choose one. Until then, they're read as UTC.")
        sentences = (
            (SOURCE, self._needs_source, source),
            (LAST_MAILED, self._needs_last_mailed, last_mailed),
            (TIME_ZONE, self._assumes_zone, zone),
        )
        for about, people, sentence in sentences:
            for name, count in people.items():
                yield MoveQuestion(about, name, "", sentence, count)


def _address_in(plan: FilePlan, cells: Sequence[str]) -> str:
    email_at = plan.columns.targets[ColumnTarget.EMAIL]
    return cells[email_at].strip() if email_at < len(cells) else ""


def _is_sample(plan: FilePlan) -> bool:
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
    return name if name.startswith(ATTRIBUTE_PREFIX) else name.partition(":")[0]


def _states_source(system: SystemProfile | None) -> bool:
    return system is not None and SOURCE in system.proof.stated


def _telling_name(name: str) -> str:
    """The part of a ZIP's name that says who is in the file, or its folder."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.name if name_asks(path.name) or not path.parent.name else f"{path.parent.name} {path.name}"
