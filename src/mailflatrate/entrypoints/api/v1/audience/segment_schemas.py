"""The typed conditions of segments in the API: described here, validated only by `segments.conditions.parsing`."""

from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from mailflatrate.apps.segments.conditions.parsing import PROVIDER_KEYS
from mailflatrate.entrypoints.api.v1.schemas import Id, RequestBodySchema
from mailflatrate.rules import conditions as words
from mailflatrate.rules.contacts.contact_events import LONGEST_NAME, NAME

Days = Annotated[int, Field(ge=1, le=words.MAX_DAYS)]
Times = Annotated[int, Field(ge=1, le=words.MAX_TIMES)]
Text = Annotated[str, Field(min_length=1, max_length=words.MAX_VALUE_CHARACTERS)]
Texts = Annotated[list[Text], Field(min_length=1, max_length=words.MAX_CHOICES)]
Ids = Annotated[list[Id], Field(min_length=1, max_length=words.MAX_NAMED)]
Provider = Literal[PROVIDER_KEYS]  # type: ignore[valid-type]  # the providers that reports name


def _ops(*fields: words.Field) -> Any:
    return Literal[tuple(op.value for op in words.OPS[fields[0]])]


class FieldCondition(RequestBodySchema):
    """A comparison of a custom field. Which `op` it offers depends on the type of the field.

    Text: equals, not_equals, contains, not_contains, starts, in. Number: equals, not_equals, less, at_most, more,
    at_least, between. Date: before, after, on_day, last_days, anniversary (within so many days). Yes or no: yes, no.
    Choice, country, language: in, not_equals. Several choices: has_all as well. All types: set, empty.
    """

    field: Literal["attribute"]
    key: Annotated[str, Field(min_length=1, max_length=60, description="the field's key")]
    op: _ops(words.Field.ATTRIBUTE)  # type: ignore[valid-type]
    value: Annotated[
        Text | float | Texts | Annotated[list[float], Field(min_length=2, max_length=2)] | None,
        Field(description="a text, a number, a date such as 2026-03-31, a number of days, or a list, as `op` needs"),
    ] = None


class NameCondition(RequestBodySchema):
    """A comparison of the first or last name. Case is ignored."""

    field: Literal["first_name", "last_name"]
    op: _ops(words.Field.FIRST_NAME)  # type: ignore[valid-type]
    value: Text | Texts | None = None


class EmailDomainCondition(RequestBodySchema):
    """A comparison of the part after the @ in the address."""

    field: Literal["email_domain"]
    op: _ops(words.Field.EMAIL_DOMAIN)  # type: ignore[valid-type]
    value: Text | Texts


class ProviderCondition(RequestBodySchema):
    """The provider of the mailbox is, or isn't, one of these."""

    field: Literal["provider"]
    op: _ops(words.Field.PROVIDER)  # type: ignore[valid-type]
    value: Annotated[list[Provider], Field(min_length=1)]


class ListCondition(RequestBodySchema):
    """Confirmed, or not confirmed, on a list or one of several.

    `on_within_days` and `on_longer_days`: confirmed less, or more, than this many days ago.
    """

    field: Literal["list"]
    op: _ops(words.Field.LIST)  # type: ignore[valid-type]
    value: Id | Ids
    days: Days | None = None


class TagCondition(RequestBodySchema):
    """Has one of the tags, all of them or none of them; `set` and `empty`: has any tag at all, or no tags."""

    field: Literal["tag"]
    op: _ops(words.Field.TAG)  # type: ignore[valid-type]
    value: Id | Ids | None = None


class FormCondition(RequestBodySchema):
    """Signed up, or didn't, with one of the forms."""

    field: Literal["form"]
    op: _ops(words.Field.FORM)  # type: ignore[valid-type]
    value: Id | Ids


class SourceCondition(RequestBodySchema):
    """A comparison of the place where the person signed up, according to their proof of consent."""

    field: Literal["source"]
    op: _ops(words.Field.SOURCE)  # type: ignore[valid-type]
    value: Text


class ConfirmedCondition(RequestBodySchema):
    """Confirmed a list in the last days, or didn't."""

    field: Literal["consent"]
    op: _ops(words.Field.CONSENT)  # type: ignore[valid-type]
    value: Days


class ActivityCondition(RequestBodySchema):
    """Active (clicked or confirmed) in the last days, not active in them, or never."""

    field: Literal["activity"]
    op: _ops(words.Field.ACTIVITY)  # type: ignore[valid-type]
    value: Days | None = None


class CampaignCondition(RequestBodySchema):
    """Got, or didn't get, an earlier campaign, by its ID."""

    field: Literal["mailing"]
    op: _ops(words.Field.CAMPAIGN)  # type: ignore[valid-type]
    value: Id


class ReceivedCondition(RequestBodySchema):
    """Received at least, or fewer than, a number of campaigns; with `days`, in the last days."""

    field: Literal["received"]
    op: _ops(words.Field.RECEIVED)  # type: ignore[valid-type]
    times: Times
    days: Days | None = None


class ClickedCondition(RequestBodySchema):
    """Clicked, or didn't, at least `times` times (once if left out). Only people who agreed to click tracking match.

    `campaign` is the ID of a campaign, `link` the address of one of its links.
    """

    field: Literal["clicked"]
    op: _ops(words.Field.CLICKED)  # type: ignore[valid-type]
    campaign: Id | None = None
    link: Annotated[str, Field(max_length=words.MAX_LINK_CHARACTERS)] | None = None
    times: Times | None = None
    days: Days | None = None


class AnsweredCondition(RequestBodySchema):
    """Answered a question of a campaign, or didn't. Only people who agreed to click tracking match.

    `campaign` is the ID of a campaign, `question` one of its questions in words, `answer` one of its answers, a score
    from 0 to 10, or promoters, passives or detractors.
    """

    field: Literal["answered"]
    op: _ops(words.Field.ANSWERED)  # type: ignore[valid-type]
    campaign: Id | None = None
    question: Text | None = None
    answer: Text | None = None
    days: Days | None = None


class EventPropertyTest(RequestBodySchema):
    """A test of one property of the event. Which `op` it offers depends on the property's type.

    Text: equals, not_equals, contains, starts, in. Number: at_least, at_most, more, less, equals, not_equals. Yes or
    no: yes, no. Date: before, after, on_day, last_days. All but yes or no: set.
    """

    property: Annotated[str, Field(pattern=f"^{NAME}$", max_length=LONGEST_NAME)]
    op: Literal[tuple(op.value for op in words.ALL_PROPERTY_OPS)]  # type: ignore[valid-type]
    value: Annotated[
        Text | float | Texts | None, Field(description="a text, a number, a date, a number of days, or a list")
    ] = None


class EventCondition(RequestBodySchema):
    """Did, or didn't, do something that your systems reported as an event, at least `times` times (once if left out).

    With `days`, in the last days; with `where`, only events that pass all of its tests count.
    """

    field: Literal["event"]
    op: _ops(words.Field.EVENT)  # type: ignore[valid-type]
    event: Annotated[str, Field(pattern=f"^{NAME}$", max_length=LONGEST_NAME, description="the event's name")]
    times: Times | None = None
    days: Days | None = None
    where: Annotated[list[EventPropertyTest], Field(max_length=words.MAX_TESTS)] = []


SegmentCondition = Annotated[
    FieldCondition
    | NameCondition
    | EmailDomainCondition
    | ProviderCondition
    | ListCondition
    | TagCondition
    | FormCondition
    | SourceCondition
    | ConfirmedCondition
    | ActivityCondition
    | CampaignCondition
    | ReceivedCondition
    | ClickedCondition
    | AnsweredCondition
    | EventCondition,
    Field(discriminator="field"),
]
Match = Literal["all", "any"]
Exclude = Annotated[bool, Field(description="take these people out of the group around it")]


class InnermostGroup(RequestBodySchema):
    """A group of conditions."""

    match: Match = "all"
    exclude: Exclude = False
    items: Annotated[list[SegmentCondition], Field(min_length=1, max_length=words.MAX_CONDITIONS)]


class InnerGroup(RequestBodySchema):
    """A group of conditions and groups."""

    match: Match = "all"
    exclude: Exclude = False
    items: Annotated[list[SegmentCondition | InnermostGroup], Field(min_length=1, max_length=words.MAX_CONDITIONS)]


class SegmentTree(RequestBodySchema):
    """Conditions and groups, nested up to two deep. All or any of them must match, and no excluding group.

    A segment has up to 30 conditions and 12 groups.
    """

    version: Literal[2] = 2
    match: Match = "all"
    items: Annotated[list[SegmentCondition | InnerGroup], Field(max_length=words.MAX_CONDITIONS)]


class _DescribedAs:
    """Takes any JSON, and describes it in the schema as a type."""

    def __init__(self, shape: Any) -> None:
        self._shape = shape

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate nothing: `parse_segment` does."""
        return core_schema.any_schema()

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(TypeAdapter(self._shape).core_schema)


Conditions = Annotated[
    Any,
    _DescribedAs(Annotated[list[SegmentCondition], Field(max_length=words.MAX_CONDITIONS)] | SegmentTree),
    Field(description="a list of conditions, all of which must match, or a group with `match` and `items`"),
]


class SegmentPeople(Schema):
    """How many contacts a segment matches now: confirmed on a list and not suppressed."""

    people: Annotated[int | None, Field(description="null: counting takes longer than 4 seconds")]
    people_is_minimum: Annotated[bool, Field(description="counting took too long; there are more")] = False
    untracked: Annotated[
        int | None,
        Field(description="contacts who never agreed to click tracking; null if the segment doesn't ask about clicks"),
    ] = None
