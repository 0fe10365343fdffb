"""Which country requires which field: RULES.md ("Imprint fields by country"), one row per field.
`!` mandatory, `L` for legal persons, `R` if registered, `?` only if it applies, `+` recommended, `.` not required.
"""

from enum import Enum


class ImprintColumn(Enum):
    DE = "DE"
    AT = "AT"
    CH = "CH"
    EU = "EU"
    US = "US"
    CA = "CA"
    UK = "UK"


class FieldRequirement(Enum):
    MANDATORY = "!"
    LEGAL_PERSON = "L"
    REGISTERED = "R"
    CONDITIONAL = "?"
    RECOMMENDED = "+"
    NONE = "."


_TABLE = """
field                   DE AT CH EU US CA UK
legal_name              !  !  !  !  +  !  !
legal_form              L  R  +  ?  .  .  ?
representatives         L  ?  +  ?  .  .  .
on_behalf_of            ?  ?  ?  ?  ?  ?  ?
street                  !  !  !  !  !  !  !
postcode                !  !  !  !  !  !  !
city                    !  !  !  !  !  !  !
email                   !  !  !  !  .  !  !
phone                   !  !  +  !  .  +  +
register_name           R  R  +  ?  .  .  R
register_number         R  R  +  ?  .  .  R
vat_id                  ?  ?  +  ?  .  .  ?
w_idnr                  ?  .  .  .  .  .  .
supervisory_authority   ?  ?  .  ?  .  .  ?
chamber                 ?  ?  .  ?  .  .  .
profession_title        ?  ?  .  ?  .  .  .
profession_state        ?  ?  .  ?  .  .  .
profession_rules_url    ?  ?  .  ?  .  .  .
editor_responsible      ?  !  .  .  .  .  .
business_purpose        .  !  .  .  .  .  .
media_policy            .  ?  .  .  .  .  .
capital                 ?  ?  .  .  .  .  ?
liquidation_note        ?  ?  .  ?  .  .  .
privacy_url             !  !  !  !  +  +  !
"""

# The member states and the EEA, which took over Directive 2000/31/EC; each without its own column above.
_EU_GENERIC = frozenset(
    {
        *("BE", "BG", "CY", "CZ", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT", "LI"),
        *("LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK"),
    }
)


def _read(table: str) -> dict[ImprintColumn, dict[str, FieldRequirement]]:
    head, *rows = table.strip().splitlines()
    columns = [ImprintColumn(name) for name in head.split()[1:]]
    needs: dict[ImprintColumn, dict[str, FieldRequirement]] = {column: {} for column in columns}
    for row in rows:
        field, *marks = row.split()
        for column, mark in zip(columns, marks, strict=True):
            needs[column][field] = FieldRequirement(mark)
    return needs


_NEEDS = _read(_TABLE)
IMPRINT_FIELDS: tuple[str, ...] = tuple(_NEEDS[ImprintColumn.DE])
PO_BOX_ALLOWED = frozenset({ImprintColumn.US, ImprintColumn.CA})
"""16 CFR 316.2(p) and CRTC regulations s. 2: a registered box is an address there."""


def column_of(country: str) -> ImprintColumn:
    """A country without a column uses the generic European one, the strictest."""
    code = country.upper()
    if code in ("GB", "UK"):
        return ImprintColumn.UK
    if code in _EU_GENERIC:
        return ImprintColumn.EU
    try:
        return ImprintColumn(code)
    except ValueError:
        return ImprintColumn.EU


def needs_of(column: ImprintColumn) -> dict[str, FieldRequirement]:
    return dict(_NEEDS[column])
