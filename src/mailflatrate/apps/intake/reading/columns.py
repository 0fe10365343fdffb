"""Columns: suggestions by English and German names, and the check of a mapping."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from mailflatrate.apps.intake.reading.own_titles import is_ours
from mailflatrate.apps.intake.reading.proof_titles import composed
from mailflatrate.apps.lists.errors import ImportProblem
from mailflatrate.rules.contacts.personal_data import is_age, is_birth, is_special
from mailflatrate.rules.fields.field_keys import attribute_key, plain_title
from mailflatrate.rules.prior_status.column_kind import ColumnGuess, ColumnProfile, guess_column
from mailflatrate.rules.prior_status.columns import StatusField, is_last_change, is_other_channel, read_title
from mailflatrate.rules.prior_status.row import StatusColumn
from mailflatrate.rules.systems.codes import code_table
from mailflatrate.rules.systems.profile import ColumnRole, SystemProfile

MAX_COLUMNS = 500
ATTRIBUTE_PREFIX = "attribute:"


class ColumnTarget(StrEnum):
    """FULL_NAME is split. CLOCK is the time of day of a date in another column. Others go to `attribute:<name>`."""

    EMAIL = "email"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    SIGNUP_AT = "signup_at"
    SIGNUP_CLOCK = "signup_clock"
    SIGNUP_IP = "signup_ip"
    CONFIRMED_AT = "confirmed_at"
    CONFIRMED_CLOCK = "confirmed_clock"
    CONFIRMED_IP = "confirmed_ip"
    SOURCE = "source"
    USER_AGENT = "user_agent"
    LAST_CONTACT_AT = "last_contact_at"
    TAGS = "tags"
    EXTERNAL_ID = "external_id"


TIMES = (ColumnTarget.SIGNUP_AT, ColumnTarget.CONFIRMED_AT, ColumnTarget.LAST_CONTACT_AT)
CLOCKS = {ColumnTarget.SIGNUP_AT: ColumnTarget.SIGNUP_CLOCK, ColumnTarget.CONFIRMED_AT: ColumnTarget.CONFIRMED_CLOCK}
IPS = (ColumnTarget.SIGNUP_IP, ColumnTarget.CONFIRMED_IP)

EVIDENCE = (ColumnTarget.SIGNUP_AT, ColumnTarget.SIGNUP_IP, ColumnTarget.CONFIRMED_AT, ColumnTarget.SOURCE)
"""Without a value in each of these a row cannot become mailable (R-12)."""

# Compared without case, accents, spaces and punctuation.
_NAMES: dict[ColumnTarget, str] = {
    ColumnTarget.EMAIL: "email mail emailaddress mailaddress emailadresse mailadresse eemail emailadr "
    "subscriberemail kontaktemail emailaddresse",
    ColumnTarget.FIRST_NAME: "firstname vorname givenname forename fname first",
    ColumnTarget.LAST_NAME: "lastname nachname surname familyname familienname lname last",
    ColumnTarget.SIGNUP_AT: "signupat signuptime signupdate optintime optinat optindate subscribedat "
    "subscribetime subscriptiondate anmeldezeit anmeldezeitpunkt anmeldedatum angemeldetam "
    "eintragungsdatum eingetragenam optinzeit optindatum optinzeitpunkt registriertam registeredat registrationdate "
    "registrierungsdatum zeitpunktderanmeldung datumderanmeldung signedupat",
    ColumnTarget.SIGNUP_IP: "signupip optinip ip ipaddress ipadresse anmeldeip ipanmeldung ipderanmeldung "
    "registrationip registrierungsip subscribeip ipaddr ipadressederanmeldung ipadresseanmeldung",
    ColumnTarget.CONFIRMED_AT: "confirmedat confirmtime confirmationtime confirmationdate confirmdate "
    "bestaetigtam bestaetigungszeit bestaetigungsdatum bestaetigungszeitpunkt doitime doiat "
    "doidate doidatum doizeit doizeitpunkt doubleoptinat doubleoptindate doubleoptintime doubleoptindatum "
    "zeitpunktderbestaetigung datumderbestaetigung verifiedat activatedat aktiviertam",
    ColumnTarget.CONFIRMED_IP: "confirmedip confirmip activatedip activationip confirmationip bestaetigungsip "
    "ipbestaetigung ipderbestaetigung doiip "
    "doubleoptinip ipadressederbestaetigung ipadressebestaetigung",
    ColumnTarget.SOURCE: "source quelle herkunft origin sourceurl formurl form formular signupsource anmeldequelle "
    "initialsource firstsource leadsource originalsource erstquelle urspruenglichequelle consentsource anmeldeformular "
    "optinsource url referrer signupform signupurl formularurl quelleurl optinquelle",
    ColumnTarget.USER_AGENT: "useragent browser",
    ColumnTarget.LAST_CONTACT_AT: "lastcontactat lastcontact lastcontacted lastcontactedat lastmailed lastmailedat "
    "lastmailing "
    "lastmailedon lastmailat lastemailsent lastemailsentat lastsent lastsentat lastcampaignsent lastcampaignsentat "
    "lastemaildate lastsenddate lastnewsletter letzterkontakt letztermailversand letztermailing letztesmailing "
    "letzternewsletter letzterversand letzteraussand letzteaussendung letzteemail letztemail letztemailam "
    "zuletztangeschrieben zuletztangeschriebenam zuletztgesendet zuletztkontaktiert lastmessagesent lastmessageat",
    ColumnTarget.EXTERNAL_ID: "externalid externeid",
    ColumnTarget.TAGS: "tags tag schlagworte schlagwörter schlagwoerter stichworte labels",
}
# These could also be a yes or no: taken only if no column has a clearer name.
_WEAK_NAMES: dict[str, ColumnTarget] = {
    **dict.fromkeys(
        (
            "signup",
            "signedup",
            "joined",
            "eingetragen",
            "optin",
            "anmeldung",
            "angemeldet",
            "registriert",
            "registered",
            "subscribed",
            "abonniert",
            "beigetreten",
        ),
        ColumnTarget.SIGNUP_AT,
    ),
    **dict.fromkeys(
        ("confirmed", "bestaetigt", "bestaetigung", "doi", "doubleoptin", "aktiviert", "activated", "verified"),
        ColumnTarget.CONFIRMED_AT,
    ),
}
# When the row was created: a sign-up time only if nothing in the file says it better.
_CREATED_AT: dict[str, ColumnTarget] = dict.fromkeys(
    (
        "created", "createdat", "createdon", "createdate", "creationdate", "datecreated", "creationtime", "createtime",
        "insertedat", "inserted", "dateadded", "addedat", "added", "addedtime", "addedon", "entered", "enteredat",
        "dateentered",
        "entrydate", "erstellt", "erstelltam", "erstellungsdatum", "angelegt", "angelegtam", "anlagedatum", "erfasst",
        "erfasstam", "erfassungsdatum", "hinzugefuegt", "hinzugefuegtam", "eingefuegtam", "eintrittsdatum",
    ),
    ColumnTarget.SIGNUP_AT,
)  # fmt: skip
_CREATED_NAMES: dict[str, ColumnTarget] = {
    **_CREATED_AT,
    **dict.fromkeys(("createdip", "creationip", "ipcreated", "addedip", "erstelltip"), ColumnTarget.SIGNUP_IP),
}
_BY_NAME: dict[str, ColumnTarget] = {name: target for target, names in _NAMES.items() for name in names.split()}
_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])[:.][0-5]\d(?:[:.][0-5]\d)?(?: ?(?:uhr|[ap]\.?m\.?))?")


def recognised(title: str) -> ColumnTarget | None:
    name = plain_title(title)
    return _BY_NAME.get(name) or _composed(title) or _WEAK_NAMES.get(name) or _CREATED_NAMES.get(name)


def _composed(title: str) -> ColumnTarget | None:
    """`Confirmation IP address`. Not those about leaving or another channel."""
    target_field = composed(title)
    if target_field is None or is_other_channel(title):
        return None
    promised = read_title(title)
    return None if promised is not None and promised.field is not StatusField.STATE else ColumnTarget(target_field)


def _fits(target: ColumnTarget, profile: ColumnProfile, *, most: bool) -> bool:
    """At least one non-empty cell does, or `most`."""
    if not profile.filled:
        return True
    if target in IPS:
        return profile.is_ips if most else profile.ips > 0
    if target is ColumnTarget.EMAIL:
        return profile.is_emails if most else profile.emails > 0
    return target not in TIMES or not (profile.is_ips or profile.is_emails or profile.is_yes_or_no)


def _suggest_known(system: SystemProfile, by_title: Mapping[str, ColumnProfile]) -> dict[str, str]:
    fields: dict[str, tuple[bool, int, str]] = {}
    statuses: list[tuple[str, str]] = []
    mapping: dict[str, str] = {}
    for title, profile in by_title.items():
        role, field, place = _named_as_ours(title) or system.role(title) or (None, "", 0)
        if role is ColumnRole.FIELD and _suits(ColumnTarget(field), profile):
            rank = (not profile.filled, place, title)
            fields[field] = min(rank, fields.get(field, rank))
        elif role is ColumnRole.STATUS and not (field == StatusField.STATE and profile.is_times):
            statuses.append((field, title))
        elif role is ColumnRole.TAGS:
            mapping.setdefault(ColumnTarget.TAGS.value, title)
    mapping |= {field: title for field, (_empty, _place, title) in fields.items()}
    for field, title in statuses:
        mapping[name_status(field, title, mapping)] = title
    return mapping


def _named_as_ours(title: str) -> tuple[ColumnRole, str, int] | None:
    """Clearer than any system's profile."""
    name = plain_title(title, "_")
    return (ColumnRole.FIELD, name, -1) if name in TIMES or name in IPS else None


def is_explained(system: SystemProfile | None, title: str) -> bool:
    """Neither proof nor a status by the system's profile, or ours."""
    role = None if system is None else system.role(title)
    explained = (ColumnRole.KEEP, ColumnRole.TAGS, ColumnRole.LEAVE)
    return is_ours(title) or (role is not None and role[0] in explained)


def _is_clock(profile: ColumnProfile) -> bool:
    """Times of day without a date, as far as cells were kept."""
    return bool(profile.kinds) and all(map(_CLOCK.fullmatch, profile.kinds))


def _suits(target: ColumnTarget, profile: ColumnProfile) -> bool:
    return _fits(target, profile, most=False) and (target not in TIMES or profile.is_times or not profile.filled)


def _suggest_targets(by_title: Mapping[str, ColumnProfile], mapping: dict[str, str]) -> None:
    readings: tuple[tuple[Callable[[str], ColumnTarget | None], bool], ...] = (
        (lambda title: _BY_NAME.get(plain_title(title)), False),
        (_composed, True),
        (lambda title: _WEAK_NAMES.get(plain_title(title)), True),
        (lambda title: _CREATED_NAMES.get(plain_title(title)), True),
    )
    for reading, by_value in readings:
        for title, profile in by_title.items():
            target = reading(title)
            if (
                target is None
                or target.value in mapping
                or title in mapping.values()
                or not _fits(target, profile, most=by_value)
            ):
                continue
            if not by_value or target not in TIMES or profile.is_times or not profile.filled:
                mapping[target.value] = title
    for title, profile in by_title.items():
        clock = CLOCKS.get(_composed(title) or ColumnTarget.EMAIL)
        if clock is not None and title not in mapping.values() and _is_clock(profile):
            mapping.setdefault(clock.value, title)
    _drop_half_times(mapping)
    if ColumnTarget.EMAIL.value not in mapping:
        by_cells = (title for title, profile in by_title.items() if profile.is_emails and title not in mapping.values())
        # If no cell is an address, the title still tells which column was meant, and each row is refused separately.
        named = (title for title in by_title if _BY_NAME.get(plain_title(title)) is ColumnTarget.EMAIL)
        email = next(by_cells, None) or next(named, None)
        if email is not None:
            mapping[ColumnTarget.EMAIL.value] = email


def suggest_mapping(
    header: Sequence[str], profiles: Sequence[ColumnProfile], system: SystemProfile | None = None
) -> dict[str, str]:
    """Known names first (the system's profile above all), then statuses, the rest as attributes. No yes/no column is a
    time. Left out: special data (R-97), likely statuses that need a question, empty or useless columns.
    """
    by_title = {title: profile for title, profile in zip(header, profiles, strict=True) if not is_ours(title)}
    mapping = {} if system is None else _suggest_known(system, by_title)
    roles = {title: None if system is None else system.role(title) for title in header}
    open_titles = {title: profile for title, profile in by_title.items() if roles[title] is None or not mapping}
    _suggest_targets(open_titles, mapping)
    left = {title for title, role in roles.items() if role is not None and role[0] is ColumnRole.LEAVE}
    taken = {*mapping.values(), *left}
    guesses = {
        title: (ColumnGuess.NOTHING, StatusField.STATE)
        if is_explained(system, title)
        else guess_column(title, profile, code_table(title, header, system))
        for title, profile in by_title.items()
        if title not in taken
    }
    for title, (guess, status_field) in guesses.items():
        if guess is ColumnGuess.STATUS:
            mapping[name_status(status_field.value, title, mapping)] = title
    for title, (guess, _field) in guesses.items():
        if guess is not ColumnGuess.NOTHING or is_special(title) or by_title[title].is_empty:
            continue
        key = base = attribute_key(title)
        number = 2
        while ATTRIBUTE_PREFIX + key in mapping:
            key, number = f"{base}_{number}", number + 1
        mapping[ATTRIBUTE_PREFIX + key] = title
    return mapping


def _drop_half_times(mapping: dict[str, str]) -> None:
    """Those without a date."""
    for day, clock in CLOCKS.items():
        if day.value not in mapping:
            mapping.pop(clock.value, None)


def name_status(status_field: str, title: str, mapping: Mapping[str, str]) -> str:
    """`state`, or `state:<title>` if taken: several columns may hold a status."""
    name = status_field
    key = attribute_key(title)
    number = 2
    while name in mapping:
        name, number = f"{status_field}:{key}" if number == 2 else f"{status_field}:{key}_{number}", number + 1
    return name


@dataclass(frozen=True, slots=True)
class Columns:
    """Cell indexes by target, and of attributes. `births` and `ages` give a person's age, stored or not (R-39);
    `statuses`: in the previous system.
    """

    targets: dict[ColumnTarget, int]
    attributes: tuple[tuple[str, int], ...]
    width: int
    births: tuple[int, ...] = ()
    ages: tuple[int, ...] = ()
    statuses: tuple[StatusColumn, ...] = ()
    changes: tuple[int, ...] = ()
    """With the time of a row's last change, mapped or not; the status's own first."""

    def missing_evidence(self) -> tuple[ColumnTarget, ...]:
        """Proof that no column holds; then no row becomes mailable (R-12)."""
        return tuple(target for target in EVIDENCE if target not in self.targets)


def check_mapping(header: Sequence[str], mapping: Mapping[str, str], system: SystemProfile | None = None) -> Columns:
    """Raises ImportProblem."""
    index = {title: number for number, title in enumerate(header)}
    targets: dict[ColumnTarget, int] = {}
    attributes: list[tuple[str, int]] = []
    statuses: list[StatusColumn] = []
    for name, title in mapping.items():
        if not title:
            continue
        if title not in index:
            details = {"title": title, "titles": ", ".join(header[:30])}
            raise ImportProblem(_("the file has no column “%(title)s”; it has: %(titles)s") % details)
        if name.startswith(ATTRIBUTE_PREFIX):
            key = attribute_key(name.removeprefix(ATTRIBUTE_PREFIX))
            if is_special(title, key):
                raise ImportProblem(
                    _(
                        "leave out the column “%(title)s”: the law gives such data special protection, and email "
                        "doesn't need it"
                    )
                    % {"title": title}
                )
            attributes.append((key, index[title]))
        elif name in set(ColumnTarget):
            targets[ColumnTarget(name)] = index[title]
        elif name.partition(":")[0] in set(StatusField):
            statuses.append(
                StatusColumn(
                    StatusField(name.partition(":")[0]), index[title], title, code_table(title, header, system)
                )
            )
        else:
            raise ImportProblem(
                _("“%(name)s” isn't one of the fields: %(fields)s")
                % {"name": name, "fields": ", ".join((*ColumnTarget, *StatusField, f"{ATTRIBUTE_PREFIX}NAME"))}
            )
    if ColumnTarget.EMAIL not in targets:
        raise ImportProblem(_("choose the column that holds the email address"))
    names = {number: [title] for number, title in enumerate(header) if number not in targets.values()}
    for key, number in attributes:
        names.get(number, []).append(key)
    return Columns(
        targets,
        tuple(attributes),
        len(header),
        births=tuple(number for number, texts in names.items() if is_birth(*texts)),
        ages=tuple(number for number, texts in names.items() if is_age(*texts)),
        statuses=tuple(statuses),
        changes=last_changes(header),
    )


def last_changes(header: Sequence[str]) -> tuple[int, ...]:
    """Those about the status first."""
    columns = [at for at, title in enumerate(header) if is_last_change(title)]
    return tuple(sorted(columns, key=lambda at: "stat" not in plain_title(header[at])))
