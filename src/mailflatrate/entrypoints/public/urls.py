"""URLs used in messages. `links.LinkKind` defines their first segment."""

from mailflatrate.entrypoints.public import (
    archive,
    calendar_files,
    clicks,
    dns_records,
    mailbox,
    media,
    media_hosts,
    not_me,
    polls,
    preferences,
    provider_hooks,
    receipt,
    report,
    signing_keys,
    unsubscribe,
    web_version,
)
from mailflatrate.entrypoints.public.rights import confirmation as rights_confirm
from mailflatrate.entrypoints.public.rights import data_request as rights
from mailflatrate.entrypoints.public.signup import confirm, landing, page, stand
from mailflatrate.entrypoints.ui.pages import patterns

urlpatterns = [
    *patterns(unsubscribe, preferences, web_version, clicks, archive, page, landing, stand, confirm, media),
    *patterns(calendar_files, signing_keys, receipt, media_hosts, rights, rights_confirm, mailbox),
    *patterns(dns_records, polls, not_me, provider_hooks, report),
]
