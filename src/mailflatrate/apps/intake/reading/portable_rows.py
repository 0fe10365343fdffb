"""Portable consent as rows (`rules.proof.portable`), verified line by line, in bounded memory: NDJSON, or a table's
column `mailflatrate_proof` (nothing else is read). The verified line is stored as evidence.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from mailflatrate.apps.intake.reading.columns import Columns, check_mapping
from mailflatrate.apps.intake.reading.csv_rows import Row, RowFault, RowTable
from mailflatrate.rules.contacts.birth_dates import age_says_minor
from mailflatrate.rules.contacts.personal_data import is_age, is_birth, is_special
from mailflatrate.rules.contacts.timestamps import Moment
from mailflatrate.rules.fields.field_keys import attribute_key
from mailflatrate.rules.prior_status.status_words import NO, read_status
from mailflatrate.rules.proof.portable import (
    END_FORM,
    MOST_LINE_OCTETS,
    PortableConsent,
    PortableFault,
    PortableRefused,
    check_line,
    check_signature,
    read_line,
    read_unverified,
)
from mailflatrate.rules.proof.signature import PublishedKey

PROOF_TITLE = "mailflatrate_proof"
SHOWN = (
    "email",
    "first_name",
    "last_name",
    "signup_at",
    "signup_ip",
    "confirmed_at",
    "confirmed_ip",
    "source",
    "user_agent",
    "state",
    "external_id",
)
HEADER = (*SHOWN, "attributes", "list_only", PROOF_TITLE)
CARRIED_AT, LIST_ONLY_AT, PROOF_AT = len(SHOWN), len(SHOWN) + 1, len(SHOWN) + 2
_START = b'{"format": "mailflatrate portable consent'
_OPEN = ("pending", "quarantined", "none", "unconfirmed")


OTHER_COMPANY = "proof_other_company"
"""The person consented to another controller."""
PROOF_ENDED = "proof_ended"
"""Our ledger no longer has this consent."""


class OwnEvent(NamedTuple):
    account_id: int
    event_id: int


class LineSource(NamedTuple):
    """`other_company`: empty if the consent is to the importing account."""

    other_company: str
    own_event: OwnEvent | None


def is_portable(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(200).replace(b" ", b"").startswith(_START.replace(b" ", b""))


def portable_columns() -> Columns:
    return check_mapping(HEADER, {title: title for title in SHOWN})


class ProofTable:
    """Without keys nothing is verified, and only a preview's values are present."""

    header: list[str]

    def __init__(
        self,
        path: Path,
        keys: Mapping[str, PublishedKey] | None = None,
        *,
        table: RowTable | None = None,
        most_octets: int | None = None,
    ) -> None:
        self.header = list(SHOWN if keys is None else HEADER)
        self._path, self._keys, self._table, self._most_octets = path, keys, table, most_octets
        self._position_bytes = 0

    def verified(self, keys: Mapping[str, PublishedKey]) -> "ProofTable":
        return ProofTable(self._path, keys, table=self._table)

    def position_bytes(self) -> int:
        return self._table.position_bytes() if self._table is not None else self._position_bytes

    def rows(self) -> Iterator[Row]:
        """Those that prove nothing carry the reason."""
        if self._table is not None:
            at = self._table.header.index(PROOF_TITLE)
            for number, cells, fault in self._table.rows():
                yield (number, cells, fault) if fault is not None else self._row(number, cells[at].encode())
            return
        digest, count, is_whole = hashlib.sha256(), 0, False
        number = 0
        for number, octets in self._lines():
            end = None if is_whole else self._end(octets)
            if end is None:
                yield self._row(number, octets)
                digest.update(octets + b"\n")
                count += 1
            else:
                is_whole = end == (count, digest.hexdigest())
                if not is_whole:
                    break
        if self._keys is not None and not is_whole:
            yield number + 1, [], PortableFault.CUT_OFF

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Cut where too long, so that it can't be read as JSON."""
        with self._path.open("rb") as file:
            number = read = 0
            while line := file.readline(MOST_LINE_OCTETS):
                number += 1
                octets = line
                while not line.endswith(b"\n") and (line := file.readline(MOST_LINE_OCTETS)):
                    octets = octets[: MOST_LINE_OCTETS - 1]
                read = file.tell()
                self._position_bytes = read
                if self._most_octets is not None and read > self._most_octets:
                    return
                if octets.strip():
                    yield number, octets.rstrip(b"\r\n")

    def _end(self, octets: bytes) -> tuple[int, str] | None:
        """The last line's word on the others, else None. A forged one says nothing."""
        if END_FORM.encode() not in octets[:200]:
            return None
        try:
            line = read_line(octets)
            if self._keys is not None:
                check_signature(line, self._keys)
            return int(line["lines"]), str(line["sha256"])
        except (PortableRefused, KeyError, TypeError, ValueError):
            return -1, ""

    def _row(self, number: int, octets: bytes) -> Row:
        try:
            if len(octets) > MOST_LINE_OCTETS:
                raise PortableRefused(PortableFault.UNREADABLE)
            line = read_line(octets)
            consent = read_unverified(line) if self._keys is None else self._checked(line)
        except PortableRefused as refused:
            return number, [octets[:2000].decode("utf-8", "replace").replace("\0", "\ufffd")], refused.fault
        cells = _cells(consent, octets.decode(), line)[: len(self.header)]
        return number, cells, RowFault.NUL if any("\0" in cell for cell in cells) else None

    def _checked(self, line: Mapping[str, Any]) -> PortableConsent:
        """A no needs no proof, so it is read without. Raises PortableRefused."""
        assert self._keys is not None
        try:
            return check_line(line, self._keys)
        except PortableRefused as refused:
            with suppress(PortableRefused):
                claimed = read_unverified(line)
                if read_status(claimed.status) in NO:
                    return claimed
            raise refused from None


def _cells(consent: PortableConsent, text: str, line: Mapping[str, Any]) -> list[str]:
    status = "unconfirmed" if consent.status in _OPEN else consent.status
    attributes = {attribute_key(name): value for name, value in consent.attributes.items() if not is_special(name)}
    return [
        consent.email,
        consent.first_name,
        consent.last_name,
        consent.signup_at,
        consent.signup_ip,
        consent.confirmed_at,
        consent.confirmed_ip,
        consent.source,
        consent.user_agent,
        status,
        consent.external_id,
        json.dumps(attributes, ensure_ascii=False) if attributes else "",
        (consent.since or "yes") if consent.status == "unsubscribed" and line["suppression"] is None else "",
        text,
    ]


def left_at(cells: Sequence[str]) -> Moment | None:
    """If they left only the list."""
    try:
        at = datetime.fromisoformat(cells[LIST_ONLY_AT])
    except ValueError:
        return None
    return Moment(at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC), ())


def proof_of(text: str) -> dict[str, Any]:
    """For the ledger: the line itself, and where it came from."""
    line = read_line(text.encode())
    return {
        "portable": text,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "service": line["service"]["domain"],
        "account": line["account"]["name"],
        "issued_at": line["issued_at"],
        "key": line["signature"]["key"],
        "verified_at": datetime.now(UTC).isoformat(),
    }


def is_carried_minor(cells: Sequence[str], says_minor: Callable[[str], bool]) -> bool:
    """By a field in the line (R-39)."""
    carried: dict[str, str] = json.loads(cells[CARRIED_AT]) if cells[CARRIED_AT] else {}
    return any(
        (is_birth(name) and says_minor(value)) or (is_age(name) and age_says_minor(value))
        for name, value in carried.items()
    )
