"""Reading and hashing the stored graph of a version, and replacing its messages by copies."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from mailflatrate.apps.automations.models import AutomationVersion
from mailflatrate.apps.campaigns.content.campaign_content import content_hash
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import newest_imprint
from mailflatrate.base import tenancy
from mailflatrate.rules.automations.graph import Graph
from mailflatrate.rules.automations.reading import read_graph

EMPTY: dict[str, Any] = {
    "entry": {"on": "confirmed", "form": None},
    "reentry": {"mode": "never", "days": 0},
    "goal": None,
    "late": "send",
    "cap_per_week": None,
    "quiet": None,
    "steps": [],
}


def graph_of(version: AutomationVersion) -> Graph:
    """Return the graph of a version. Raises GraphRefused if a different release of the program wrote it."""
    return read_graph(version.graph)


@tenancy.reading_once()
def version_hash(version: AutomationVersion) -> str:
    """SHA-256 of the graph and of all that recipients of its messages see; the policy tick covers it."""
    imprint = newest_imprint()
    ids = graph_of(version).campaigns()
    messages = {row.id: content_hash(row, imprint) for row in Campaign.objects.filter(id__in=ids)}
    covered = [version.automation_id, version.graph, [[number, messages.get(number)] for number in ids]]
    return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()


def with_campaigns(graph: Mapping[str, Any], exchanged: Mapping[int, int] | Mapping[str, int]) -> dict[str, Any]:
    """Campaigns without a replacement stay. A recipe's graph names its messages by keys instead of ids."""

    def step(raw: dict[str, Any]) -> dict[str, Any]:
        made = dict(raw)
        if made.get("do") == "send" and made.get("campaign") in exchanged:
            made["campaign"] = exchanged[made["campaign"]]
        for name in ("then", "else"):
            if name in made:
                made[name] = [step(child) for child in made[name]]
        if "arms" in made:
            made["arms"] = [{**arm, "steps": [step(child) for child in arm.get("steps", [])]} for arm in made["arms"]]
        return made

    return {**graph, "steps": [step(child) for child in graph.get("steps", [])]}
