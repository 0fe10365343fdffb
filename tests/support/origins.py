"""Where a list comes from: declared by the customer, and approved by a person of the operator."""

import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

from PIL import Image

from mailflatrate.apps.intake.actions import origins
from mailflatrate.apps.intake.actions.origin_decisions import OriginDecision, decide_origin
from mailflatrate.apps.lists.models import ListOrigin
from mailflatrate.base import clock, tenancy
from support.people import operator


def declaration(**changed: Any) -> origins.Declaration:
    """A declaration that lacks nothing."""
    today = clock.now().date()
    whole = origins.Declaration(
        kind="website",
        form_urls=("https://anna.example/news",),
        wording="Yes, send me Anna's news about plants, about twice a month.",
        collected_from=today - timedelta(days=900),
        collected_to=None,
        previous_system="Postino",
        last_mailed_on=None,
        declared_count=1000,
        controller="Anna GmbH",
        signatory="Anna Lindner",
        evidence=("signup_at", "signup_ip", "confirmed_at", "source"),
        assured=True,
    )
    return replace(whole, **changed)


def declare_origin(account_id: int, list_id: int, screenshot: bytes | None = None, **changed: Any) -> ListOrigin:
    with tenancy.account(account_id):
        return origins.declare_origin(list_id, declaration(**changed), screenshot=screenshot, by=None)


def picture() -> bytes:
    """A small picture of a form."""
    out = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(out, "PNG")
    return out.getvalue()


def approve_origin(account_id: int, list_id: int) -> ListOrigin:
    origin = declare_origin(account_id, list_id)
    return decide_origin(origin.id, OriginDecision.APPROVE, reviewer=operator(), reason="Seen.")
