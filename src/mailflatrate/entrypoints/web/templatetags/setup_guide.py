"""The steps from an application to the first campaign, shown until a campaign was released."""

from typing import Any

from django import template

from mailflatrate.entrypoints.presenters.setup_steps import setup_steps

register = template.Library()


@register.inclusion_tag("studio/home/setup_guide.html", takes_context=True)
def setup_guide(context: dict[str, Any], here: str) -> dict[str, Any]:
    """Show the steps with `here` as the current one, and the first open step on another page as a button."""
    steps = setup_steps(here)
    following = next((step for step in steps if step.state == "todo"), None)
    is_done = all(step.is_done for step in steps if step.key == here)
    request = context["request"]
    return {
        "steps": steps,
        "following": following if is_done and context.get("may_write") else None,
        "waits": not request.account.may_send,
        "csrf_token": context.get("csrf_token"),
        "request": request,
    }
