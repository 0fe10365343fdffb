"""Every write to campaigns; one transaction each.

`drafts` holds campaigns before they are sent, `media` pictures, `brand` the account's look, `templates` what drafts
begin with, `versions` several people working on one draft.
"""

from mailflatrate.apps.campaigns.actions.approval import record_answer, record_request
from mailflatrate.apps.campaigns.actions.brand import save_brand
from mailflatrate.apps.campaigns.actions.comments import settle_thread, take_back_comment, write_comment
from mailflatrate.apps.campaigns.actions.digests import (
    check_digest,
    delete_digest,
    due_digests,
    request_feed_check,
    save_digest,
)
from mailflatrate.apps.campaigns.actions.drafts import (
    copy_campaign,
    create_campaign,
    delete_draft,
    locked,
    make_edition,
    return_to_draft,
    tick_policy,
    unschedule,
    update_campaign,
)
from mailflatrate.apps.campaigns.actions.media import delete_media, describe_media, gallery_media, upload_media
from mailflatrate.apps.campaigns.actions.templates import (
    delete_template,
    rename_template,
    save_as_template,
    start_from_gallery,
    start_from_template,
)
from mailflatrate.apps.campaigns.actions.versions import Window, forget_aside, save_draft, take_version

__all__ = [
    "Window",
    "check_digest",
    "copy_campaign",
    "create_campaign",
    "delete_digest",
    "delete_draft",
    "delete_media",
    "delete_template",
    "describe_media",
    "due_digests",
    "forget_aside",
    "gallery_media",
    "locked",
    "make_edition",
    "record_answer",
    "record_request",
    "rename_template",
    "request_feed_check",
    "return_to_draft",
    "save_as_template",
    "save_brand",
    "save_digest",
    "save_draft",
    "settle_thread",
    "start_from_gallery",
    "start_from_template",
    "take_back_comment",
    "take_version",
    "tick_policy",
    "unschedule",
    "update_campaign",
    "upload_media",
    "write_comment",
]
