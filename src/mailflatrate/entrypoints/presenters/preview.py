"""A draft rendered for one reader as the engine will do it, or the reason why that isn't possible."""

from dataclasses import dataclass

from django.utils.text import capfirst

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.campaigns.content.campaign_content import NO_EDITION, compile_campaign, read_events, read_polls
from mailflatrate.apps.campaigns.content.child_compiler import CompiledCampaign, parts_in_child
from mailflatrate.apps.campaigns.content.samples import Neighbors, sample_values, with_names
from mailflatrate.apps.campaigns.models import Campaign
from mailflatrate.apps.campaigns.queries import attribute_names, newest_imprint
from mailflatrate.entrypoints.presenters.language import reading_language
from mailflatrate.mail.author_mistakes import all_in_words, in_words
from mailflatrate.mail.content.calendar_links import CalendarEvent
from mailflatrate.mail.content.poll_links import Poll
from mailflatrate.mail.liquid import SourceError, SourceRefused

MOST_HIDDEN = 4
"""How often the message is rendered: a missing field hides the next one in the same piece of text."""


@dataclass(frozen=True, slots=True)
class PreviewedMessage:
    """The message that one reader would get, or why it can't be shown. `problem`: imprint, source or render."""

    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    missing: str = ""
    problem: str = ""
    detail: str = ""
    mistakes: tuple[SourceError, ...] = ()
    events: tuple[CalendarEvent, ...] = ()
    polls: tuple[Poll, ...] = ()


def compiled_or_problem(campaign: Campaign) -> CompiledCampaign | PreviewedMessage:
    imprint = newest_imprint()
    if imprint is None:
        return PreviewedMessage(problem="imprint")
    try:
        return compile_campaign(campaign, imprint, edition_id=NO_EDITION, attributes=attribute_names())
    except SourceRefused as refused:
        return refused_preview(refused)


def refused_preview(refused: SourceRefused) -> PreviewedMessage:
    detail = all_in_words(refused.errors, reading_language())
    return PreviewedMessage(problem="source", detail=detail, mistakes=refused.errors)


def render_preview(campaign: Campaign, account: Account, around: Neighbors | None, *, bare: bool) -> PreviewedMessage:
    compiled = compiled_or_problem(campaign)
    return (
        compiled
        if isinstance(compiled, PreviewedMessage)
        else rendered_preview(compiled, campaign, account, around, bare)
    )


def rendered_preview(
    compiled: CompiledCampaign, campaign: Campaign, account: Account, around: Neighbors | None, bare: bool
) -> PreviewedMessage:
    values = sample_values(campaign, account, around.contact if around else None, bare=bare)
    try:
        written = parts_in_child(compiled, values)
        if around is None and not bare:
            for _hidden_behind_another in range(MOST_HIDDEN):
                if not written.missing:
                    break
                values = with_names(values, written.missing)
                written = parts_in_child(compiled, values)
    except SourceRefused as refused:
        return refused_preview(refused)
    if written.missing:
        return PreviewedMessage(missing=", ".join(written.missing))
    if written.problem is not None:
        return PreviewedMessage(problem="render", detail=str(capfirst(in_words(written.problem, reading_language()))))
    return PreviewedMessage(
        subject=written.subject,
        preheader=campaign.preheader,
        html=written.html,
        text=written.text,
        events=read_events(campaign),
        polls=read_polls(campaign),
    )
