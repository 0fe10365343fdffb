"""All writes to sender domains and mailboxes; one transaction each."""

from mailflatrate.apps.domains.actions.domains import (
    add_domain,
    add_sender,
    check_domain,
    configured_resolver,
    new_key,
    records_to_publish,
    remove_domain,
    renew_key,
)
from mailflatrate.apps.domains.actions.first_sender import prepare_sender, publish_in_demo
from mailflatrate.apps.domains.actions.mailboxes import (
    add_reply_address,
    ask_again,
    confirm_mailbox,
    mailbox_url,
    refuse_mailbox,
    remove_reply_address,
    renew_mailboxes,
)
from mailflatrate.apps.domains.actions.media_hosts import check_media_host, leave_media_host, name_media_host
from mailflatrate.apps.domains.actions.service import check_service_domain, ensure_service_key
from mailflatrate.apps.domains.actions.watch_results import keep_listings

__all__ = [
    "add_domain",
    "add_reply_address",
    "add_sender",
    "ask_again",
    "check_domain",
    "check_media_host",
    "check_service_domain",
    "configured_resolver",
    "confirm_mailbox",
    "ensure_service_key",
    "keep_listings",
    "leave_media_host",
    "mailbox_url",
    "name_media_host",
    "new_key",
    "prepare_sender",
    "publish_in_demo",
    "records_to_publish",
    "refuse_mailbox",
    "remove_domain",
    "remove_reply_address",
    "renew_key",
    "renew_mailboxes",
]
