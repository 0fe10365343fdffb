"""The vocabulary of segments: the fields of a contact that a condition can test, and the comparisons."""

from enum import StrEnum

from mailflatrate.rules.contacts.contact_events import PropertyType

ConditionValue = str | int | float | tuple[str, ...] | tuple[int, ...] | tuple[float, ...] | None

MAX_CONDITIONS = 30
MAX_GROUPS = 12
MAX_DEPTH = 2
"""How deep groups nest below the segment itself."""
MAX_CHOICES = 200
MAX_NAMED = 50
"""Lists, tags or forms that one condition may name."""
MAX_VALUE_CHARACTERS = 500
MAX_LINK_CHARACTERS = 2_000
MAX_DAYS = 36_500
MAX_ANNIVERSARY_DAYS = 365
MAX_TIMES = 1_000
MAX_TESTS = 5
"""Tests of properties that one condition on events may have."""


class Field(StrEnum):
    ATTRIBUTE = "attribute"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL_DOMAIN = "email_domain"
    PROVIDER = "provider"
    LIST = "list"
    TAG = "tag"
    FORM = "form"  # the form by which the person confirmed a list
    SOURCE = "source"  # where the person signed up, as the proof of a list says
    CONSENT = "consent"  # age of the newest confirmation
    ACTIVITY = "activity"  # last click or double opt-in; opens never count
    CAMPAIGN = "mailing"  # got one earlier campaign; a later app says what that means
    RECEIVED = "received"  # how many campaigns were delivered; likewise
    EVENT = "event"  # what the customer's own systems reported
    CLICKED = "clicked"  # clicks of people who agreed to be recorded; likewise
    ANSWERED = "answered"  # answers of these people to a campaign's questions; likewise


class Op(StrEnum):
    EQUALS = "equals"
    NOT_EQUALS = "not_equals"
    CONTAINS = "contains"
    NOT_CONTAINS = "not_contains"
    STARTS = "starts"
    IN = "in"
    SET = "set"
    EMPTY = "empty"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    ON_DAY = "on_day"
    LAST_DAYS = "last_days"
    ANNIVERSARY = "anniversary"
    YES = "yes"
    NO = "no"
    ON = "on"
    NOT_ON = "not_on"
    ON_WITHIN_DAYS = "on_within_days"
    ON_LONGER_DAYS = "on_longer_days"
    WITHIN_DAYS = "within_days"
    NOT_WITHIN_DAYS = "not_within_days"
    NEVER = "never"
    HAS = "has"
    HAS_ALL = "has_all"
    HAS_NOT = "has_not"
    GOT = "got"
    NOT_GOT = "not_got"
    DID = "did"
    DID_NOT = "did_not"


class Match(StrEnum):
    ALL = "all"
    ANY = "any"


TEXT_OPS = (
    Op.EQUALS,
    Op.NOT_EQUALS,
    Op.CONTAINS,
    Op.NOT_CONTAINS,
    Op.STARTS,
    Op.IN,
    Op.SET,
    Op.EMPTY,
)
NUMBER_OPS = {Op.LESS: "<", Op.AT_MOST: "<=", Op.MORE: ">", Op.AT_LEAST: ">="}
DATE_OPS = {Op.BEFORE: "<", Op.AFTER: ">", Op.ON_DAY: "="}
DAY_SPANS = (Op.LAST_DAYS, Op.ANNIVERSARY)
LIST_OPS = (Op.ON, Op.NOT_ON, Op.ON_WITHIN_DAYS, Op.ON_LONGER_DAYS)
TAG_OPS = (Op.HAS, Op.HAS_ALL, Op.HAS_NOT)
WITHOUT_VALUE = (Op.SET, Op.EMPTY, Op.NEVER, Op.YES, Op.NO)
OPS: dict[Field, tuple[Op, ...]] = {
    Field.ATTRIBUTE: (*TEXT_OPS, *NUMBER_OPS, Op.BETWEEN, *DATE_OPS, *DAY_SPANS, Op.YES, Op.NO, Op.HAS_ALL),
    Field.FIRST_NAME: TEXT_OPS,
    Field.LAST_NAME: TEXT_OPS,
    Field.EMAIL_DOMAIN: (Op.EQUALS, Op.NOT_EQUALS, Op.CONTAINS, Op.IN),
    Field.PROVIDER: (Op.IN, Op.NOT_EQUALS),
    Field.LIST: LIST_OPS,
    Field.TAG: (*TAG_OPS, Op.SET, Op.EMPTY),
    Field.FORM: (Op.IN, Op.NOT_EQUALS),
    Field.SOURCE: (Op.EQUALS, Op.CONTAINS, Op.STARTS, Op.NOT_CONTAINS),
    Field.CONSENT: (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS),
    Field.ACTIVITY: (Op.WITHIN_DAYS, Op.NOT_WITHIN_DAYS, Op.NEVER),
    Field.CAMPAIGN: (Op.NOT_GOT, Op.GOT),
    Field.RECEIVED: (Op.AT_LEAST, Op.LESS),
    Field.CLICKED: (Op.DID, Op.DID_NOT),
    Field.ANSWERED: (Op.DID, Op.DID_NOT),
    Field.EVENT: (Op.DID, Op.DID_NOT),
}
"""Which comparisons each field offers, whatever type a custom field has; each type has its own in `rules.fields`."""

PROPERTY_OPS: dict[PropertyType, tuple[Op, ...]] = {
    PropertyType.TEXT: (Op.EQUALS, Op.NOT_EQUALS, Op.CONTAINS, Op.STARTS, Op.IN, Op.SET),
    PropertyType.NUMBER: (Op.AT_LEAST, Op.AT_MOST, Op.MORE, Op.LESS, Op.EQUALS, Op.NOT_EQUALS, Op.SET),
    PropertyType.BOOLEAN: (Op.YES, Op.NO),
    PropertyType.DATE: (Op.BEFORE, Op.AFTER, Op.ON_DAY, Op.LAST_DAYS, Op.SET),
}
"""Which comparisons a property of an event offers by its type."""
ALL_PROPERTY_OPS: tuple[Op, ...] = tuple(dict.fromkeys(op for ops in PROPERTY_OPS.values() for op in ops))
