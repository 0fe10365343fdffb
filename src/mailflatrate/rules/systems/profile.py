"""What we know about one email system's exports: a TOML file in `profiles/`, checked strictly when it is loaded."""

from __future__ import annotations

import io
import re
import tomllib
import zipfile
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from mailflatrate.locale.texts import translate
from mailflatrate.rules.prior_status.columns import StatusField
from mailflatrate.rules.prior_status.status_words import FALSE_WORDS, TRUE_WORDS, PriorStatus, plain

PROOF_FIELDS = ("signup_at", "signup_ip", "confirmed_at", "confirmed_ip", "source")
_PERSON_FIELDS = ("email", "first_name", "last_name", "full_name")
FIELDS = (*_PERSON_FIELDS, *PROOF_FIELDS, "signup_clock", "confirmed_clock", "user_agent", "last_contact_at")
STATUS_FIELDS = tuple(field.value for field in StatusField)
_STRICT = ConfigDict(extra="forbid", frozen=True)


def compact(title: str) -> str:
    return plain(title).replace(" ", "")


class ColumnRole(StrEnum):
    """A field of ours, a status, tags, a further attribute, or of no use here."""

    FIELD = "field"
    STATUS = "status"
    TAGS = "tags"
    KEEP = "keep"
    LEAVE = "leave"


class HeaderSignature(BaseModel):
    """At least `least` of the `titles`. `values` are patterns for cells under a title."""

    model_config = _STRICT
    titles: tuple[str, ...] = Field(min_length=1)
    least: int = Field(ge=1)
    values: Mapping[str, str] = Field(default_factory=dict)

    @field_validator("values")
    @classmethod
    def _compile(cls, values: Mapping[str, str]) -> Mapping[str, str]:
        for pattern in values.values():
            re.compile(pattern)
        return values

    @model_validator(mode="after")
    def _can_be_reached(self) -> HeaderSignature:
        if self.least > len(self.names):
            raise ValueError("a signature asks for more titles than it has")
        return self

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(map(compact, self.titles))

    @cached_property
    def patterns(self) -> Mapping[str, re.Pattern[str]]:
        return {compact(title): re.compile(pattern, re.IGNORECASE) for title, pattern in self.values.items()}


class MissingData(BaseModel):
    model_config = _STRICT
    what: str = Field(min_length=10)
    where: str = Field(min_length=10)

    def sentences(self, language: str) -> tuple[str, str]:
        return translate(self.what, language), translate(self.where, language)


class ProofColumns(BaseModel):
    """The fields that make a double opt-in's proof complete, and those that can be stated for all rows.
    `same_time_is_single`: the same time in both columns means that the person was not asked to confirm.
    """

    model_config = _STRICT
    whole: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    same_time_is_single: bool = False

    @model_validator(mode="after")
    def _names_fields(self) -> ProofColumns:
        if unknown := {*self.whole, *self.stated} - set(PROOF_FIELDS):
            raise ValueError(f"no fields of a proof: {sorted(unknown)}")
        return self


class SystemProfile(BaseModel):
    """Titles are as the system writes them, compared in compact form. `export`: where it is, which files to bring.
    `time_zone` for times without one, "" for the customer's own. `codes` by title of a status column, or `*` for all.
    `files`: the status that a word in a file's name states for everyone in it; `by_row`: none.
    """

    model_config = _STRICT
    name: str = Field(pattern=r"[a-z_]{3,20}")
    title: str
    export: str = Field(min_length=10)
    time_zone: str = ""
    date_order: str = Field(default="", pattern=r"(?:day_first|month_first)?")
    signatures: tuple[HeaderSignature, ...] = Field(min_length=1)
    columns: Mapping[str, tuple[str, ...]]
    statuses: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    codes: Mapping[str, Mapping[str, PriorStatus]] = Field(default_factory=dict)
    files: Mapping[str, str] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    proof: ProofColumns = ProofColumns()
    missing: tuple[MissingData, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _is_a_zone(cls, zone: str) -> str:
        if zone:
            ZoneInfo(zone)
        return zone

    @field_validator("columns")
    @classmethod
    def _are_fields(cls, columns: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        if unknown := set(columns) - set(FIELDS):
            raise ValueError(f"no fields: {sorted(unknown)}")
        return columns

    @field_validator("statuses")
    @classmethod
    def _are_statuses(cls, statuses: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
        if unknown := set(statuses) - set(STATUS_FIELDS):
            raise ValueError(f"no status fields: {sorted(unknown)}")
        return statuses

    @field_validator("files")
    @classmethod
    def _say_something(cls, names: Mapping[str, str]) -> Mapping[str, str]:
        for word, status in names.items():
            if status != "by_row":
                PriorStatus(status)
            if word != compact(word):
                raise ValueError(f"write {word!r} in its compact form")
        return names

    @model_validator(mode="after")
    def _gives_each_title_one_role(self) -> SystemProfile:
        roles: dict[str, set[tuple[ColumnRole, str]]] = {}
        for role, field, titles in self._roles():
            for title in titles:
                roles.setdefault(compact(title), set()).add((role, field))
        if twice := [title for title, given in roles.items() if len(given) > 1]:
            raise ValueError(f"{self.name}: titles with two roles: {twice}")
        return self

    def _roles(self) -> list[tuple[ColumnRole, str, tuple[str, ...]]]:
        return [
            *((ColumnRole.FIELD, field, titles) for field, titles in self.columns.items()),
            *((ColumnRole.STATUS, field, titles) for field, titles in self.statuses.items()),
            (ColumnRole.TAGS, "tags", self.tags),
            (ColumnRole.KEEP, "", self.keep),
            (ColumnRole.LEAVE, "", self.leave),
        ]

    @cached_property
    def by_title(self) -> Mapping[str, tuple[ColumnRole, str, int]]:
        roles: dict[str, tuple[ColumnRole, str, int]] = {}
        for role, field, titles in self._roles():
            for place, title in enumerate(titles):
                roles.setdefault(compact(title), (role, field, place))
        return MappingProxyType(roles)

    def role(self, title: str) -> tuple[ColumnRole, str, int] | None:
        return self.by_title.get(compact(title))

    @cached_property
    def _codes(self) -> Mapping[str, Mapping[str, PriorStatus]]:
        """What `yes` and `no` mean here holds for every language's word for them, unless that has its own meaning."""
        meanings_by_title = {}
        for title, words in self.codes.items():
            meanings = {plain(word): status for word, status in words.items()}
            for flag, others in (("yes", TRUE_WORDS), ("no", FALSE_WORDS)):
                if flag in meanings:
                    meanings = {**dict.fromkeys(others, meanings[flag]), **meanings}
            meanings_by_title["*" if title == "*" else compact(title)] = meanings
        return meanings_by_title

    def codes_for(self, title: str) -> Mapping[str, PriorStatus]:
        """Return the meaning of the codes in a column, by their plain text. `*` applies only to status columns."""
        role = self.role(title)
        shared = self._codes.get("*", {}) if role is not None and role[:2] == (ColumnRole.STATUS, "state") else {}
        return {**shared, **self._codes.get(compact(title), {})}

    def export_sentence(self, language: str) -> str:
        return translate(self.export, language)

    def file_says(self, file_name: str) -> str:
        """The status that it states for everyone in it, `by_row`, or ""."""
        name = compact(file_name.rpartition(".")[0] or file_name)
        return next((status for word, status in self.files.items() if word in name), "")


@cache
def profiles() -> Mapping[str, SystemProfile]:
    """Load every profile, by name. Raises ValueError for a file that is not one."""
    folder = files("mailflatrate.rules.systems") / "profiles"
    systems = [
        SystemProfile.model_validate(tomllib.loads(entry.read_text(encoding="utf-8")))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
    ]
    return MappingProxyType({profile.name: profile for profile in systems})


def recognize(header: Sequence[str], rows: Sequence[Sequence[str]] = (), file_name: str = "") -> SystemProfile | None:
    """The signature that matches the most titles, and patterns of cells; None if unknown. A file named after a system
    breaks a tie, and suffices if the header has a title of that system.
    """
    names = {compact(title): at for at, title in enumerate(header)}
    hint = compact(file_name)
    best: tuple[float, SystemProfile] | None = None
    for profile in profiles().values():
        named = bool(hint) and compact(profile.title) in hint
        score = max((_score(signature, names, rows) for signature in profile.signatures), default=0)
        if not score and named and not profile.by_title.keys().isdisjoint(names):
            score = 1
        weight = score + 0.5 * named
        if score and (best is None or weight > best[0]):
            best = (weight, profile)
    return None if best is None else best[1]


def _score(signature: HeaderSignature, names: Mapping[str, int], rows: Sequence[Sequence[str]]) -> int:
    matched = len(signature.names & names.keys())
    if matched < signature.least:
        return 0
    for title, pattern in signature.patterns.items():
        at = names.get(title)
        cells = [row[at].strip() for row in rows if at < len(row) and row[at].strip()] if at is not None else []
        if not cells or not all(pattern.fullmatch(cell[:200]) for cell in cells):
            return 0
    return matched


_MADE_AT = (2026, 1, 1, 0, 0, 0)


def sample_files(system: str) -> dict[str, bytes]:
    if system not in profiles():
        return {}
    folder = files("mailflatrate.rules.systems") / "examples" / system
    return {entry.name: entry.read_bytes() for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)}


@cache
def sample_zip(system: str) -> bytes | None:
    samples = sample_files(system)
    if not samples:
        return None
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in samples.items():
            archive.writestr(zipfile.ZipInfo(name, _MADE_AT), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
