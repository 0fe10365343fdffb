"""URLs of the desk."""

from mailflatrate.entrypoints.desk import (
    accounts,
    audit_log,
    compliance,
    customer_messages,
    documents,
    figures,
    home,
    misdirected,
    privacy,
    relay_hook,
    relays,
    request_limits,
    setup,
    test_inbox,
    transactional,
)
from mailflatrate.entrypoints.desk.cases.urls import urlpatterns as cases
from mailflatrate.entrypoints.desk.reviews import (
    applications,
    automation_review,
    campaign_review,
    landing_pages,
    lift_requests,
    origins,
)
from mailflatrate.entrypoints.ui.pages import patterns

app_name = "desk"
urlpatterns = [
    *cases,
    *patterns(home, applications, campaign_review, automation_review, figures, request_limits, compliance, accounts),
    *patterns(lift_requests, transactional, misdirected, landing_pages, customer_messages, test_inbox, relays),
    *patterns(relay_hook, setup, documents, audit_log, privacy, origins),
]
