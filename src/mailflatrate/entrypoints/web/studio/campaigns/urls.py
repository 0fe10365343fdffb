"""URLs of this area."""

from mailflatrate.entrypoints.web.pages import patterns
from mailflatrate.entrypoints.web.studio.campaigns import (
    answers,
    approval,
    calendar,
    click_map,
    comments,
    compose,
    digests,
    draft_review,
    follow_up,
    link_visits,
    listing,
    outcomes,
    preview,
    release,
    report,
    report_links,
    report_pdf,
    variants,
    versions,
    writing_help,
)

urlpatterns = [
    *patterns(listing, calendar, digests, report, follow_up, compose, preview, link_visits, writing_help),
    *patterns(draft_review, release, versions, approval, comments, variants, outcomes, report_pdf),
    *patterns(report_links, click_map, answers),
]
