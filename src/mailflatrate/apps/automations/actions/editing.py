"""Edits of a draft's graph that can be undone and redone, by anyone who may edit it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import User
from mailflatrate.apps.automations.actions.drafts import draft_of, save_graph
from mailflatrate.apps.automations.errors import AutomationError
from mailflatrate.apps.automations.models import AutomationVersion, DraftSnapshot
from mailflatrate.base import tenancy
from mailflatrate.rules.automations.editing import StepGone

MAX_SNAPSHOTS = 50
UNDO, REDO = "undo", "redo"


@tenancy.needs_account
@transaction.atomic
def edit_graph(
    automation_id: int, change: Callable[[Mapping[str, Any]], Mapping[str, Any]], *, based_on: int, by: User | None
) -> AutomationVersion:
    """An edit that changes nothing is none. Raises as `save_graph`; AutomationError if the step or place is gone."""
    version = draft_of(automation_id)
    before = version.graph
    try:
        after = change(before)
    except StepGone as gone:
        raise AutomationError(_("This step is no longer there. Someone may have removed it.")) from gone
    saved = save_graph(automation_id, after, based_on=based_on, by=by)
    if saved.graph != before:
        DraftSnapshot.objects.filter(version=version, side=REDO).delete()
        _keep(version, UNDO, before)
    return saved


@tenancy.needs_account
@transaction.atomic
def step_back(automation_id: int, *, based_on: int, by: User | None) -> AutomationVersion:
    """Undo the last edit. Raises what `save_graph` raises; AutomationError if there is none."""
    return _swap(automation_id, UNDO, REDO, based_on, by)


@tenancy.needs_account
@transaction.atomic
def step_forward(automation_id: int, *, based_on: int, by: User | None) -> AutomationVersion:
    """Redo the edit that was undone last. Raises what `save_graph` raises; AutomationError if there is none."""
    return _swap(automation_id, REDO, UNDO, based_on, by)


def _swap(automation_id: int, side: str, other: str, based_on: int, by: User | None) -> AutomationVersion:
    version = draft_of(automation_id)
    newest = DraftSnapshot.objects.filter(version=version, side=side).order_by("-id").first()
    if newest is None:
        raise AutomationError(_("There's nothing to undo.") if side == UNDO else _("There's nothing to redo."))
    before = version.graph
    saved = save_graph(automation_id, newest.graph, based_on=based_on, by=by)
    newest.delete()
    _keep(version, other, before)
    return saved


def _keep(version: AutomationVersion, side: str, graph: Mapping[str, Any]) -> None:
    """Store a graph for undo or redo, and delete the oldest ones past the limit."""
    DraftSnapshot.objects.create(version=version, side=side, graph=graph)
    kept = DraftSnapshot.objects.filter(version=version, side=side).order_by("-id")
    surplus = list(kept.values_list("id", flat=True)[MAX_SNAPSHOTS:])
    if surplus:
        DraftSnapshot.objects.filter(id__in=surplus).delete()


@tenancy.needs_account
def sides_of(version_id: int) -> frozenset[str]:
    rows = DraftSnapshot.objects.filter(version_id=version_id).values_list("side", flat=True)
    return frozenset(rows.order_by("side").distinct())
