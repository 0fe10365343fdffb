"""One line: JSON with ids and keyed hashes, sealed: it can erase a person, so lines not written here are refused."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mailflatrate.apps.suppression.models import WithdrawalKind
from mailflatrate.base.ids import key_ring

MOST_CHARACTERS = 1_000
_SEALED = b"withdrawals log|"
_HEX = re.compile(r"[0-9a-f]{64}\Z")
_LARGEST = 2**63


class LineRefused(ValueError):
    """Raised for a line that is damaged, or was not written by this installation."""


@dataclass(frozen=True, slots=True)
class WithdrawalLine:
    """`account_id` None: for the whole platform. `reason`: that of a suppression, or the account's status."""

    at: datetime
    kind: WithdrawalKind
    account_id: int | None
    reason: str = ""
    contact_id: int | None = None
    list_id: int | None = None
    address_key: bytes | None = None

    def write(self) -> str:
        fields: dict[str, Any] = {"at": self.at.astimezone(UTC).isoformat(), "kind": self.kind.value}
        fields |= {"account": self.account_id, "reason": self.reason, "contact": self.contact_id, "list": self.list_id}
        fields["key"] = None if self.address_key is None else self.address_key.hex()
        return json.dumps({**fields, "seal": key_ring().content_seal(_octets(fields)).hex()}, separators=(",", ":"))


def read_line(text: str) -> WithdrawalLine:
    """Read a line. Raises LineRefused."""
    if len(text) > MOST_CHARACTERS:
        raise LineRefused("too long")
    try:
        fields = json.loads(text)
        seal = fields.pop("seal")
        if not _HEX.match(seal) or not key_ring().knows_content(_octets(fields), bytes.fromhex(seal)):
            raise LineRefused("not sealed with a key of this installation")
        return WithdrawalLine(
            at=datetime.fromisoformat(fields["at"]),
            kind=WithdrawalKind(fields["kind"]),
            account_id=_number(fields["account"]),
            reason=str(fields["reason"]),
            contact_id=_number(fields["contact"]),
            list_id=_number(fields["list"]),
            address_key=None if fields["key"] is None else bytes.fromhex(fields["key"]),
        )
    except LineRefused:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        raise LineRefused("damaged") from problem


def _number(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < _LARGEST:
        raise LineRefused("damaged")
    return value


def _octets(fields: dict[str, Any]) -> bytes:
    return _SEALED + json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()
