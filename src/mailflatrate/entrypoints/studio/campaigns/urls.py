"""URLs of this area."""

from mailflatrate.entrypoints.studio.campaigns import (
    answers,
    approval,
    calendar,
    comments,
    compose,
    digests,
    draft_review,
    follow_up,
    link_visits,
    listing,
    preview,
    release,
    variants,
    versions,
    writing_help,
)
from mailflatrate.entrypoints.studio.campaigns.reports import click_map, outcomes, report, report_links, report_pdf
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = [
    *patterns(listing, calendar, digests, report, follow_up, compose, preview, link_visits, writing_help),
    *patterns(draft_review, release, versions, approval, comments, variants, outcomes, report_pdf),
    *patterns(report_links, click_map, answers),
]
