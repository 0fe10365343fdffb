"""Rows into slices of judged rows. Pure: no database, no clock; `mailflatrate.rules` alone decides."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from mailflatrate.apps.intake.judging.attribute_cells import AttributeCell, written_attributes
from mailflatrate.apps.intake.judging.fingerprints import FingerprintSet
from mailflatrate.apps.intake.judging.judge_settings import JudgeSettings
from mailflatrate.apps.intake.judging.judged import (
    REFUSAL_REASONS,
    UNREAD_NO,
    UNUSABLE_ID,
    Refusal,
    SaidNo,
    Slice,
    slice_sizes,
)
from mailflatrate.apps.intake.judging.person_names import split_name
from mailflatrate.apps.intake.judging.weighed import Weighed, details_of, written_json
from mailflatrate.apps.intake.reading import portable_rows
from mailflatrate.apps.intake.reading.columns import CLOCKS, TIMES, ColumnTarget
from mailflatrate.apps.intake.reading.corrected_rows import original_cell
from mailflatrate.apps.intake.reading.csv_rows import RowFault, RowTable
from mailflatrate.apps.intake.reading.no_rows import addresses_of_no, is_heading_of_noes
from mailflatrate.apps.intake.reading.portable_rows import OTHER_COMPANY
from mailflatrate.mail.address import mailbox_forms
from mailflatrate.rules.addresses import AddressDecision, AddressVerdict, decide_address
from mailflatrate.rules.contacts import external_ids
from mailflatrate.rules.contacts.birth_dates import age_says_minor
from mailflatrate.rules.contacts.consent import EvidenceReason, EvidenceVerdict, ImportedEvidence, judge_evidence
from mailflatrate.rules.contacts.tags import split_tags
from mailflatrate.rules.contacts.timestamps import join_clock, read_ip
from mailflatrate.rules.fields.field_type import FieldDefinition
from mailflatrate.rules.fields.types.text import TYPE as TEXT
from mailflatrate.rules.fields.values import suited_values
from mailflatrate.rules.prior_status.column_kind import is_unread_state
from mailflatrate.rules.prior_status.row import StatusHit
from mailflatrate.rules.prior_status.status_words import NO, PriorStatus, is_status_word
from mailflatrate.rules.proof.portable import PortableFault

DUPLICATE = "duplicate_in_file"
SIGN_UP_UNREADABLE = "sign_up_time_unreadable"
CONFIRMATION_UNREADABLE = "confirmation_time_unreadable"
MINOR = "minor"
STATUS_UNMAPPED = "status_unmapped"
NEVER_SUBSCRIBED = "never_subscribed"
SINGLE_OPT_IN = "single_opt_in"
MAX_NAME_CHARACTERS = 120
MAX_TEXT_CHARACTERS = 2000


class RowVerdict(NamedTuple):
    """`refusal`, with `noes` for opted-out addresses, or `weighed`. `key`: keyed hash, empty without an address."""

    key: bytes
    refusal: Refusal | None = None
    noes: tuple[SaidNo, ...] = ()
    weighed: Weighed | None = None


class ImportJudge:
    """In order; the first row of an address wins."""

    def __init__(self, setting: JudgeSettings) -> None:
        self._setting = setting
        self._seen = FingerprintSet()
        self._of_age_unasked = not setting.columns.births and not setting.columns.ages
        # Of two columns for one attribute the later one that has a value wins in PostgreSQL's jsonb.
        self._cells = tuple(
            AttributeCell(at, setting.fields.get(key) or FieldDefinition(key, TEXT), setting.field_orders.get(at))
            for key, at in setting.columns.attributes
        )
        self._statuses = setting.statuses if setting.statuses.speak else None
        self._watched = setting.statuses.watched
        self._contact_at = setting.columns.targets.get(ColumnTarget.LAST_CONTACT_AT)
        self._read_signup, self._read_confirmed, self._read_contact = (
            setting.read_moments.get(setting.columns.targets.get(target, -1), _no_moment) for target in TIMES
        )
        stated = setting.source[:MAX_TEXT_CHARACTERS] if ColumnTarget.SOURCE not in setting.columns.targets else ""
        self._stated_source = stated
        self._wording = {"wording": setting.wording} if setting.wording else {}
        self._stated = {**self._wording, "source_by": setting.source_by} if stated else self._wording
        self._readers = tuple(
            setting.columns.targets.get(target)
            for target in (
                ColumnTarget.SIGNUP_AT,
                ColumnTarget.SIGNUP_IP,
                ColumnTarget.CONFIRMED_AT,
                ColumnTarget.CONFIRMED_IP,
                ColumnTarget.SOURCE,
            )
        )
        self._clocks = {
            day: setting.columns.targets[clock] for day, clock in CLOCKS.items() if clock in setting.columns.targets
        }
        self._names = tuple(
            setting.columns.targets.get(target)
            for target in (ColumnTarget.FIRST_NAME, ColumnTarget.LAST_NAME, ColumnTarget.FULL_NAME)
        )
        self._tags_at = setting.columns.targets.get(ColumnTarget.TAGS)
        self._external_id_at = setting.columns.targets.get(ColumnTarget.EXTERNAL_ID)
        self._split_tags = lru_cache(maxsize=5_000)(split_tags)
        self._agent_at = setting.columns.targets.get(ColumnTarget.USER_AGENT)

    def slices(self, table: RowTable, *, most_rows: int, done_rows: int = 0) -> Iterator[Slice]:
        """After the first `done_rows`, which are read only to detect duplicates."""
        rows = table.rows()
        email_at = self._setting.columns.targets[ColumnTarget.EMAIL]
        for _ in range(done_rows):
            _, cells, fault = next(rows)
            if fault is None:
                self._address(cells[email_at])
        first_row = done_rows
        for size in slice_sizes(most_rows):
            part = Slice(first_row)
            buffer = io.StringIO()
            write = csv.writer(buffer, lineterminator="\n").writerow
            for line, cells, fault in rows:
                part.rows += 1
                if fault is not None:
                    verdict = self.unreadable(line, cells, fault)
                    part.noes += verdict.noes
                    part.refusals.append(verdict.refusal or (line, cells, "", fault.value, ""))
                else:
                    self._judge(line, cells, email_at, part, write)
                if part.rows == size:
                    break
            if not part.rows:
                return
            part.staged = buffer.getvalue().encode()
            part.position_bytes = table.position_bytes()
            yield part
            first_row += part.rows

    def _address(self, text: str) -> tuple[AddressDecision, bytes, bool]:
        """Decision, keyed hash, and whether it is the file's first."""
        setting = self._setting
        decision = decide_address(
            text,
            own_domains=setting.own_domains,
            own_addresses=setting.own_addresses,
            allow_reserved=setting.allow_reserved,
        )
        if decision.verdict is AddressVerdict.REFUSE:
            return decision, b"", True
        key = setting.key_of(decision.canonical)
        return decision, key, self._seen.add(key)

    def _judge(
        self, line: int, cells: list[str], email_at: int, part: Slice, write: Callable[[tuple[object, ...]], object]
    ) -> None:
        verdict = self.verdict(line, cells, email_at, part.unknown)
        part.noes += verdict.noes
        if verdict.refusal is not None:
            part.refusals.append(verdict.refusal)
            return
        assert verdict.weighed is not None
        if (source := verdict.weighed.line_source) is not None:
            if source.other_company:
                part.companies[source.other_company] += 1
            elif source.own_event is not None and not verdict.weighed.reason:
                part.own_events[line] = source.own_event
        write(self._row(line, cells, verdict.key, verdict.weighed, part))
        part.cells[line] = cells

    def verdict(self, line: int, cells: list[str], email_at: int, unknown: Counter[tuple[str, str]]) -> RowVerdict:
        """Readable; unknown status words are counted in `unknown`."""
        reason = ""
        if self._statuses is not None:
            hit, reason = self._statuses.judge(cells)
            if hit is not None and hit.status in NO:
                return self._say_no(line, cells, addresses_of_no(cells, email_at), hit)
            if hit is not None and hit.status is PriorStatus.NEVER:
                return RowVerdict(b"", (line, cells, "R-16", NEVER_SUBSCRIBED, ""))
            if reason and hit is not None:
                self._statuses.note(hit, unknown)
        decision, key, first = self._address(cells[email_at])
        if decision.verdict is AddressVerdict.REFUSE:
            return RowVerdict(key, _refusal(line, cells, decision))
        if not first:
            return RowVerdict(key, (line, cells, "R-20", DUPLICATE, ""))
        if self._is_minor(cells):
            return RowVerdict(key, (line, cells, "R-39", MINOR, ""))
        return RowVerdict(key, weighed=self._weigh(cells, decision, reason))

    def _mailbox_key(self, canonical: str) -> str | None:
        """As PostgreSQL reads it."""
        return "\\x" + self._setting.key_of(mailbox_forms(canonical).mailbox).hex()

    def unreadable(self, line: int, cells: list[str], fault: RowFault | PortableFault) -> RowVerdict:
        """Refused, and a no if it contains one."""
        is_line = isinstance(fault, PortableFault)  # its words are those of a whole history
        if not is_line and is_heading_of_noes(cells):
            return self._say_no(line, cells, (), None)
        hit = None if self._statuses is None or is_line else self._statuses.judge_damaged(cells)
        addresses = () if hit is None else addresses_of_no(cells)
        if hit is None or not addresses:
            return RowVerdict(b"", (line, cells, "", fault.value, ""))
        return self._say_no(line, cells, addresses, hit)

    def _say_no(self, line: int, cells: list[str], addresses: Sequence[str], hit: StatusHit | None) -> RowVerdict:
        """They count also if the file has the addresses again."""
        if not addresses or hit is None:
            return RowVerdict(b"", (line, cells, "R-16", UNREAD_NO, ""))
        assert self._statuses is not None
        only_list = self._setting.is_portable and cells[portable_rows.LIST_ONLY_AT] != ""
        at = portable_rows.left_at(cells) if only_list else self._statuses.moment(hit, cells)
        noes = []
        for address in addresses:
            key, left = self._setting.key_of(address), address if only_list else ""
            self._seen.add(key)
            mailbox = self._setting.key_of(mailbox_forms(address).mailbox)
            noes.append(SaidNo(line, key, hit.status, hit.column.title, hit.text, at, left, mailbox))
        return RowVerdict(noes[0].address_key, (line, cells, "R-16", REFUSAL_REASONS[hit.status], ""), tuple(noes))

    def _is_minor(self, cells: list[str]) -> bool:
        if self._setting.is_portable:
            return portable_rows.is_carried_minor(cells, self._setting.says_minor)
        if self._of_age_unasked:
            return False
        columns, says_minor = self._setting.columns, self._setting.says_minor
        return any(cells[at] and says_minor(cells[at]) for at in columns.births) or any(
            age_says_minor(cells[at]) for at in columns.ages
        )

    def _weigh(self, cells: list[str], decision: AddressDecision, held_for: str) -> Weighed:
        signup, signup_ip, confirmed, confirmed_ip, source = ("" if at is None else cells[at] for at in self._readers)
        if self._clocks:
            signup, confirmed = self._with_clocks(cells, signup, confirmed)
        source = source.strip()[:MAX_TEXT_CHARACTERS] or self._stated_source
        signup_at = self._read_signup(signup) if signup else None
        confirmed_at = self._read_confirmed(confirmed) if confirmed else None
        signup_address = read_ip(signup_ip) if signup_ip else None
        confirmed_address = read_ip(confirmed_ip) if confirmed_ip else None
        evidence = ImportedEvidence(
            sign_up_at=None if signup_at is None else signup_at.at,
            # Text that isn't an address goes to the rules unchanged, so that they can call it malformed.
            sign_up_ip=signup_address or signup_ip.strip(),
            confirmed_at=None if confirmed_at is None else confirmed_at.at,
            confirmed_ip=confirmed_address or confirmed_ip.strip(),
            source=source,
        )
        verdict, contact = judge_evidence(evidence, self._setting.now), None
        if verdict.needs_review or verdict.reason is EvidenceReason.TOO_OLD:
            verdict, contact = self._judge_by_contact(evidence, verdict, cells)
        if decision.verdict is AddressVerdict.HOLD:
            assert decision.reason is not None
            reason = decision.reason.value
        elif held_for:
            reason = held_for
        elif signup_at is None and signup.strip():
            reason = SIGN_UP_UNREADABLE
        elif confirmed_at is None and confirmed.strip():
            reason = CONFIRMATION_UNREADABLE
        else:
            reason = "" if verdict.mailable or verdict.reason is None else verdict.reason.value
            reason = reason or self._doubt(cells, evidence)
        source_of = self._setting.source_of if self._setting.is_portable else None
        line_source = None if source_of is None else source_of(cells[portable_rows.PROOF_AT])
        if line_source is not None and line_source.other_company:
            reason = OTHER_COMPANY
        times = (signup_at, signup, signup_address, confirmed_at, confirmed, confirmed_address)
        return Weighed(decision, reason, *times, source, verdict.needs_review, contact, line_source)

    def _doubt(self, cells: list[str], evidence: ImportedEvidence) -> str:
        """Why a row with whole evidence is held after all; empty if not."""
        if self._setting.same_time_is_single and evidence.sign_up_at == evidence.confirmed_at:
            return SINGLE_OPT_IN
        return STATUS_UNMAPPED if self._watched and self._has_unread_status(cells) else ""

    def _with_clocks(self, cells: list[str], signup: str, confirmed: str) -> tuple[str, str]:
        """Each with its time of day, if in a column of its own."""
        texts = {ColumnTarget.SIGNUP_AT: signup, ColumnTarget.CONFIRMED_AT: confirmed}
        for day, clock_at in self._clocks.items():
            texts[day] = join_clock(texts[day], cells[clock_at])
        return texts[ColumnTarget.SIGNUP_AT], texts[ColumnTarget.CONFIRMED_AT]

    def _row(self, line: int, cells: list[str], key: bytes, weighed: Weighed, part: Slice) -> tuple[object, ...]:
        first_at, last_at, full_at = self._names
        first_name = "" if first_at is None else cells[first_at].strip()
        last_name = "" if last_at is None else cells[last_at].strip()
        if full_at is not None and not first_name and not last_name:
            first_name, last_name = split_name(cells[full_at])
        return (
            line,
            weighed.decision.address,
            "\\x" + key.hex(),
            self._mailbox_key(weighed.decision.canonical),
            first_name[:MAX_NAME_CHARACTERS],
            last_name[:MAX_NAME_CHARACTERS],
            self._carried(cells[portable_rows.CARRIED_AT], part.unread)
            if self._setting.is_portable
            else written_attributes(self._cells, cells, part.unread),
            None if weighed.signup_at is None else weighed.signup_at.at,
            weighed.signup_ip,
            None if weighed.confirmed_at is None else weighed.confirmed_at.at,
            weighed.confirmed_ip,
            weighed.source,
            ("" if self._agent_at is None else cells[self._agent_at]).strip()[:MAX_TEXT_CHARACTERS],
            details_of(line, weighed, self._stated_of(cells, weighed)),
            weighed.reason,
            self._tags(cells, part),
            self._external_id(cells, part),
        )

    def _external_id(self, cells: list[str], part: Slice) -> str | None:
        text = "" if self._external_id_at is None else original_cell(cells[self._external_id_at].strip())
        if not text:
            return None
        if not external_ids.is_external_id(text):
            part.unread[(external_ids.FIELD, UNUSABLE_ID)] += 1
            return None
        part.has_external_ids = True
        return text

    def _tags(self, cells: list[str], part: Slice) -> str | None:
        """As a JSON list, folded; their spelling is noted in the slice."""
        if self._tags_at is None or not cells[self._tags_at]:
            return None
        names = {name.casefold(): name for name in self._split_tags(cells[self._tags_at])}
        for folded, name in names.items():
            part.tags.setdefault(folded, name)
        return written_json(list(names)) if names else None

    def _stated_of(self, cells: list[str], weighed: Weighed) -> Mapping[str, object]:
        """Portable consent, or what was stated for all rows."""
        if self._setting.is_portable:
            return {"proof": portable_rows.proof_of(cells[portable_rows.PROOF_AT])}
        return self._stated if weighed.source is self._stated_source else self._wording

    def _judge_by_contact(
        self, evidence: ImportedEvidence, by_confirmation: EvidenceVerdict, cells: list[str]
    ) -> tuple[EvidenceVerdict, dict[str, str] | None]:
        """An old consent by the last contact: the row's own, else the declared one, which a reviewer judges (R-13)."""
        own = None
        if self._contact_at is not None and (text := cells[self._contact_at]):
            own = self._read_contact(text)
        at = self._setting.last_mailed_at if own is None else own.at
        if at is None:
            return by_confirmation, None
        verdict = judge_evidence(evidence._replace(last_contact_at=at), self._setting.now)
        return verdict, {"at": at.isoformat(), "by": "origin" if own is None else "row"}

    def _has_unread_status(self, cells: list[str]) -> bool:
        """In a column not mapped as a status, a word that only email systems use."""
        for at in self._watched:
            cell = cells[at]
            # Nearly every other cell ends in a digit or is a name that was checked before.
            if cell and cell[-1].isalpha() and is_status_word(cell):
                return True
        return any(is_unread_state(cells[at]) for at in self._setting.statuses.watched_states)

    def _carried(self, text: str, unread: Counter[tuple[str, str]]) -> str | None:
        """In the form of this account's fields."""
        if not text or not self._setting.fields:
            return text or None
        carried: dict[str, Any] = json.loads(text)
        read = suited_values(carried, self._setting.fields, unread)
        return written_json(read) if read else None


def _no_moment(text: str) -> None: ...


def _refusal(line: int, cells: list[str], decision: AddressDecision) -> Refusal:
    assert decision.reason is not None
    return (line, cells, decision.rule or "", decision.reason.value, decision.suggestion or "")
