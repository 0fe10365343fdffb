"""Rows of a file -> slices of judged rows. Pure: no database, no clock of its own.

Each row ends refused (with its reason), staged as mailable, or staged for quarantine; which address is wanted and
which evidence suffices is for `mailflatrate.rules` alone to say.
"""

import csv
import io
import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring

from mailflatrate.apps.lists.intake.births import age_says_minor
from mailflatrate.apps.lists.intake.columns import Columns, Target
from mailflatrate.apps.lists.intake.fingerprints import FingerprintSet
from mailflatrate.apps.lists.intake.moments import Moment, read_ip
from mailflatrate.apps.lists.intake.slices import SLICE_ROWS, Refusal, Slice
from mailflatrate.apps.lists.intake.tables import Table
from mailflatrate.rules.addresses import AddressDecision, AddressVerdict, decide_address
from mailflatrate.rules.consent import ImportedEvidence, judge_evidence

DUPLICATE = "duplicate_in_file"
SIGN_UP_UNREADABLE = "sign_up_time_unreadable"
CONFIRMATION_UNREADABLE = "confirmation_time_unreadable"
MINOR = "minor"
MAX_NAME_CHARACTERS = 120
MAX_TEXT_CHARACTERS = 2000

_json = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


@dataclass(frozen=True, slots=True)
class Setting:
    """What judging depends on besides the row.

    `key_of` maps a canonical address to its keyed hash (R-96), `read_moment` is the account's `moment_reader`,
    `says_minor` its `minor_reader`, `now` the moment the import began (a resumed import keeps it). `own_domains`,
    `own_addresses`, `allow_reserved`: see `decide_address`.
    """

    columns: Columns
    key_of: Callable[[str], bytes]
    read_moment: Callable[[str], Moment | None]
    says_minor: Callable[[str], bool]
    now: datetime
    own_domains: Collection[str] = ()
    own_addresses: Collection[str] = ()
    allow_reserved: Collection[str] = ()


class Judge:
    """Judges the rows of one file in order; the first row of an address wins."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._seen = FingerprintSet()
        self._of_age_unasked = not setting.columns.births and not setting.columns.ages
        # Of two columns for one attribute the later one that has a value wins in PostgreSQL's jsonb.
        self._attribute_keys = [(f"{encode_basestring(key)}:", at) for key, at in setting.columns.attributes]
        self._readers = tuple(
            setting.columns.targets.get(target)
            for target in (
                Target.FIRST_NAME,
                Target.LAST_NAME,
                Target.SIGNUP_AT,
                Target.SIGNUP_IP,
                Target.CONFIRMED_AT,
                Target.CONFIRMED_IP,
                Target.SOURCE,
                Target.USER_AGENT,
            )
        )

    def slices(self, table: Table, *, done_rows: int = 0, size: int = SLICE_ROWS) -> Iterator[Slice]:
        """The rows after the first `done_rows` in slices of `size`. The earlier ones only count as seen."""
        rows = table.rows()
        email_at = self._setting.columns.targets[Target.EMAIL]
        for _ in range(done_rows):
            _, cells, fault = next(rows)
            if fault is None:
                self._address(cells[email_at])
        first_row = done_rows
        while True:
            part = Slice(first_row)
            buffer = io.StringIO()
            write = csv.writer(buffer, lineterminator="\n").writerow
            for line, cells, fault in rows:
                part.rows += 1
                if fault is not None:
                    part.refusals.append((line, cells, "", fault.value, ""))
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
        """The decision about an address, its keyed hash, and whether it is the first of its kind in the file."""
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
        decision, key, first = self._address(cells[email_at])
        if decision.verdict is AddressVerdict.REFUSE:
            part.refusals.append(_refusal(line, cells, decision))
            return
        if not first:
            part.refusals.append((line, cells, "R-20", DUPLICATE, ""))
            return
        if self._of_age_unasked or not self._is_minor(cells):
            self._stage(line, cells, decision, key, part, write)
        else:
            part.refusals.append((line, cells, "R-39", MINOR, ""))

    def _is_minor(self, cells: list[str]) -> bool:
        columns, says_minor = self._setting.columns, self._setting.says_minor
        return any(cells[at] and says_minor(cells[at]) for at in columns.births) or any(
            age_says_minor(cells[at]) for at in columns.ages
        )

    def _stage(
        self,
        line: int,
        cells: list[str],
        decision: AddressDecision,
        key: bytes,
        part: Slice,
        write: Callable[[tuple[object, ...]], object],
    ) -> None:
        """Judge the evidence of a row whose address is wanted, and write it for COPY."""
        first_name, last_name, signup, signup_ip, confirmed, confirmed_ip, source, agent = (
            "" if at is None else cells[at] for at in self._readers
        )
        read = self._setting.read_moment
        signup_at = read(signup) if signup else None
        confirmed_at = read(confirmed) if confirmed else None
        signup_moment = None if signup_at is None else signup_at.at
        confirmed_moment = None if confirmed_at is None else confirmed_at.at
        signup_address = read_ip(signup_ip) if signup_ip else None
        confirmed_address = read_ip(confirmed_ip) if confirmed_ip else None
        source = source.strip()[:MAX_TEXT_CHARACTERS]
        verdict = judge_evidence(
            ImportedEvidence(
                sign_up_at=signup_moment,
                # What is no address at all goes to the rules as it stood, so that they can call it malformed.
                sign_up_ip=signup_address or signup_ip.strip(),
                confirmed_at=confirmed_moment,
                confirmed_ip=confirmed_address or confirmed_ip.strip(),
                source=source,
            ),
            self._setting.now,
        )
        if decision.verdict is AddressVerdict.HOLD:
            assert decision.reason is not None
            reason = decision.reason.value
        elif signup_at is None and signup.strip():
            reason = SIGN_UP_UNREADABLE
        elif confirmed_at is None and confirmed.strip():
            reason = CONFIRMATION_UNREADABLE
        else:
            reason = "" if verdict.mailable or verdict.reason is None else verdict.reason.value
        write(
            (
                line,
                decision.address,
                "\\x" + key.hex(),
                first_name.strip()[:MAX_NAME_CHARACTERS],
                last_name.strip()[:MAX_NAME_CHARACTERS],
                self._attributes(cells),
                signup_moment,
                signup_address,
                confirmed_moment,
                confirmed_address,
                source,
                agent.strip()[:MAX_TEXT_CHARACTERS],
                _details(line, signup_at, signup, confirmed_at, confirmed, verdict.needs_review),
                reason,
            )
        )
        part.cells[line] = cells

    def _attributes(self, cells: list[str]) -> str | None:
        # A whole JSON encoder for two short strings would take as long as deciding about the address.
        members = [
            key + encode_basestring(value[:MAX_TEXT_CHARACTERS])
            for key, at in self._attribute_keys
            if (value := cells[at].strip())
        ]
        return f"{{{','.join(members)}}}" if members else None


def _refusal(line: int, cells: list[str], decision: AddressDecision) -> Refusal:
    assert decision.reason is not None
    return (line, cells, decision.rule or "", decision.reason.value, decision.suggestion or "")


def _details(
    line: int,
    signup_at: Moment | None,
    signup: str,
    confirmed_at: Moment | None,
    confirmed: str,
    needs_review: bool,
) -> str:
    """The file's line; for each moment that left something open its text and what was assumed; a wish for review."""
    open_signup = signup_at is not None and signup_at.assumed
    open_confirmed = confirmed_at is not None and confirmed_at.assumed
    if not open_signup and not open_confirmed and not needs_review:
        return f'{{"line":{line}}}'
    details: dict[str, object] = {"line": line}
    if open_signup:
        details["signup_at"] = {"text": signup.strip(), "assumed": open_signup}
    if open_confirmed:
        details["confirmed_at"] = {"text": confirmed.strip(), "assumed": open_confirmed}
    if needs_review:
        details["review"] = "ageing"
    return _json(details)
