"""Texts that name an erased person: the conditions of automations, also of released ones."""

import json
from typing import Any

import pytest
from django.db import DatabaseError, connection

from mailflatrate.apps.automations.actions import drafts
from mailflatrate.apps.automations.graphs import graph_of
from mailflatrate.apps.automations.models import AutomationStep, AutomationVersion, DraftSnapshot
from mailflatrate.apps.lists.models import Contact
from mailflatrate.apps.privacy.actions.erasure import erase_for_customer
from mailflatrate.apps.privacy.text_traces import ERASED
from mailflatrate.base import tenancy
from support.automations import Journey
from support.customers import sending_customer

REPLACE = "UPDATE automation_version SET graph = replace(graph::text, %s, %s)::jsonb WHERE state = 'current'"
END = [{"id": "e", "do": "end"}]


def is_person(address: str) -> list[dict[str, Any]]:
    return [{"field": "last_name", "op": "equals", "value": address}]


def test_an_erasure_takes_the_address_out_of_automations() -> None:
    anna = sending_customer(people=2)
    with tenancy.account(anna.account_id):
        dora, emil = Contact.objects.order_by("id")
    branches = [
        {"id": "q", "do": "branch", "if": is_person(dora.email), "then": END, "else": []},
        {"id": "r", "do": "branch", "if": is_person(emil.email), "then": [{"id": "f", "do": "end"}], "else": []},
    ]
    journey = Journey.begun(anna, *branches, goal={"if": is_person(dora.email), "then": "end"})
    with tenancy.account(anna.account_id):
        draft = drafts.begin_version(journey.automation_id, by=anna.owner)
        DraftSnapshot.objects.create(version=draft, side="undo", graph=draft.graph)
        erase_for_customer(dora.id, by=anna.owner)
        texts = [
            json.dumps(list(rows.values_list(column, flat=True)))
            for rows, column in (
                (AutomationVersion.objects, "graph"),
                (DraftSnapshot.objects, "graph"),
                (AutomationStep.objects, "parameters"),
            )
        ]
        assert [(dora.email in text, emil.email in text, ERASED in text) for text in texts] == [(False, True, True)] * 3
        for version in AutomationVersion.objects.all():
            graph_of(version)
    for changed in (f'"{emil.email}"', '"eve@example.net"', '"anyone"'):
        with (
            pytest.raises(DatabaseError, match="stays as it is"),
            tenancy.account(anna.account_id),
            connection.cursor() as cursor,
        ):
            cursor.execute(REPLACE, [f'"{ERASED}"', changed])
