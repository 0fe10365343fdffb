"""URLs of this area."""

from mailflatrate.entrypoints.studio.trust import (
    account_status,
    activity,
    compliance,
    imprint,
    keys,
    link_tagging,
    list_limits,
    mailboxes,
    media_hosts,
    people,
    provider_setup,
    questions,
    senders,
    webhooks,
    writing_help,
)
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = [
    *patterns(senders, provider_setup, media_hosts, mailboxes, imprint, account_status, link_tagging),
    *patterns(writing_help, activity, compliance, questions, people, list_limits, keys, webhooks),
]
