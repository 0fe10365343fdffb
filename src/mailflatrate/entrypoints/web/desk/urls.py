"""URLs of the desk."""

from mailflatrate.entrypoints.web.desk import (
    accounts,
    applications,
    audit_log,
    automation_review,
    campaign_review,
    compliance,
    customer_messages,
    documents,
    figures,
    home,
    landing_pages,
    lift_requests,
    misdirected,
    origins,
    privacy,
    relay_hook,
    relays,
    request_limits,
    setup,
    test_inbox,
    transactional,
)
from mailflatrate.entrypoints.web.desk.cases.urls import urlpatterns as cases
from mailflatrate.entrypoints.web.pages import patterns

app_name = "desk"
urlpatterns = [
    *cases,
    *patterns(home, applications, campaign_review, automation_review, figures, request_limits, compliance, accounts),
    *patterns(lift_requests, transactional, misdirected, landing_pages, customer_messages, test_inbox, relays),
    *patterns(relay_hook, setup, documents, audit_log, privacy, origins),
]
