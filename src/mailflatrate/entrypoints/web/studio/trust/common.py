"""Shared by the trust pages: who may change what."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render

from mailflatrate.apps.accounts.models import Role
from mailflatrate.apps.accounts.queries import may_write
from mailflatrate.entrypoints.web.sessions import READING
from mailflatrate.entrypoints.web.studio.access import StudioRequest


def page(request: StudioRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render a trust page."""
    rights = {"may_write": may_write(request.membership), "is_owner": is_owner(request)}
    return render(request, template, {**rights, **context}, status=status)


def is_owner(request: StudioRequest) -> bool:
    """Return whether the person is an owner of the account."""
    return request.membership.role == Role.OWNER


def owners_change(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Let everyone in the account view, but only owners change. Apply it below `@studio`."""

    @wraps(view)
    def guarded(request: StudioRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in READING and not is_owner(request):
            return render(request, "studio/trust/owners_only.html", status=403)
        return view(request, *args, **kwargs)

    return guarded
