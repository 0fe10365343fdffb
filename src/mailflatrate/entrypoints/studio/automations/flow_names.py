"""The names of everything that a graph refers to, each kind looked up once."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from mailflatrate.apps.accounts.queries import members
from mailflatrate.apps.automations.models import Automation
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.events.models import WebhookEndpoint
from mailflatrate.apps.forms.models import Form
from mailflatrate.apps.lists.fields import definitions
from mailflatrate.apps.lists.models import Tag
from mailflatrate.apps.segments.models import Segment
from mailflatrate.rules.automations.graph import Graph
from mailflatrate.rules.fields.field_type import FieldDefinition


@dataclass(frozen=True, slots=True)
class FlowNames:
    """The names by ID, each in a mapping of its kind; what was deleted is missing. Fields are by key."""

    mailing_list: str
    messages: Mapping[int, Campaign] = field(default_factory=dict)
    fields: Mapping[str, FieldDefinition] = field(default_factory=dict)
    tags: Mapping[int, str] = field(default_factory=dict)
    users: Mapping[int, str] = field(default_factory=dict)
    segments: Mapping[int, str] = field(default_factory=dict)
    forms: Mapping[int, str] = field(default_factory=dict)
    campaigns: Mapping[int, str] = field(default_factory=dict)
    automations: Mapping[int, str] = field(default_factory=dict)
    endpoints: Mapping[int, str] = field(default_factory=dict)

    def named(self, names: str) -> Mapping[int, str]:
        return {
            "tag": self.tags,
            "user": self.users,
            "automation": self.automations,
            "endpoint": self.endpoints,
            "segment": self.segments,
        }[names]


def names_in(graph: Graph, mailing_list: str) -> FlowNames:
    entry, chosen = graph.entry, defaultdict[str, set[int | None]](set)
    for step in graph.all_steps():
        for name, setting in step.settings().items():
            chosen[setting.names].add(getattr(step, name))
    keys = {step.field_key for step in graph.all_steps()} | {entry.field}
    users = [number for number in chosen["user"] if number]
    people = members().filter(user_id__in=users) if users else []
    return FlowNames(
        mailing_list=mailing_list,
        messages=_rows(Campaign, graph.campaigns()),
        fields=definitions(keys - {""}) if keys - {""} else {},
        tags=_known(Tag, chosen["tag"] | {entry.tag}),
        users={row.user_id: str(row.user) for row in people},
        segments=_known(Segment, {entry.segment}),
        forms=_known(Form, {entry.form}),
        campaigns=_known(Campaign, {entry.campaign}),
        automations=_known(Automation, chosen["automation"]),
        endpoints={number: row.about or row.url for number, row in _rows(WebhookEndpoint, chosen["endpoint"]).items()},
    )


def _known(model: type[Model], ids: Iterable[int | None]) -> dict[int, str]:
    return {number: row.name for number, row in _rows(model, ids).items()}


def _rows(model: type[Model], ids: Iterable[int | None]) -> dict[int, Any]:
    rows: Any = model.objects  # type: ignore[attr-defined]
    row_ids = {number for number in ids if number}
    return {row.id: row for row in rows.filter(id__in=row_ids)} if row_ids else {}
