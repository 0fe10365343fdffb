"""The permissions that each page of the studio needs: one to open it, and one to change something on it.

A URL that is missing here is refused to everyone; tests/entrypoints/test_page_rights.py opens all of them with each
role. `rules.roles` defines which role has which permission.
"""

from dataclasses import dataclass

from mailflatrate.apps.accounts.models import Membership
from mailflatrate.entrypoints.web.limited_pages import is_for_limited
from mailflatrate.rules.roles import WHOLE_ACCOUNT, Permission, may


@dataclass(frozen=True, slots=True)
class PageRights:
    """The permissions that a page needs. `write` also decides whether it shows its buttons."""

    write: Permission
    read: Permission = Permission.VIEW


def _all(write: Permission, names: str, *, read: Permission = Permission.VIEW) -> dict[str, PageRights]:
    return dict.fromkeys(names.split(), PageRights(write, read))


PAGE_RIGHTS: dict[str, PageRights] = {
    **_all(
        Permission.VIEW,
        "agreements choose-account contact-filter contact-columns search help reports report-trends "
        "suppression-look-up "
        "campaign-comments campaign-comment-settle campaign-comment-delete campaign-clicks campaign-click-map "
        "campaign-figures campaign-report-pdf campaign-answers campaign-answers-csv campaign-answer-comments-csv "
        "campaign-decision campaign-edition campaign-edition-html campaign-attempts compliance compliance-pdf security "
        "imprint-version sender-zone test-inbox test-inbox-html test-inbox-raw test-inbox-signature "
        "automation_people automation_test automation_messages",
    ),
    **_all(
        Permission.DRAFT,
        "home campaigns campaign-labels campaign-import campaign-copied campaign-new campaign-copy "
        "campaign-follow-up campaign-delete "
        "campaign-edit campaign-audience campaign-draft-review campaign-preview campaign-link-visits "
        "campaign-visit-links campaign-writing-help campaign-writing-help-agree campaign-writing-help-one "
        "campaign-answer-comment-delete "
        "campaign-test campaign-pulse campaign-versions campaign-version campaign-version-message "
        "campaign-version-take campaign-version-forget campaign-waves campaign-ask templates template-gallery "
        "template-gallery-message template template-message template-delete campaign-template media media-upload "
        "content-lookups content-lookup "
        "saved-blocks saved-block saved-block-delete coupons coupon coupon-delete test-lists test-list-delete "
        "media-picker media-one media-edit media-delete campaign-approval-return transactional-templates "
        "transactional-template transactional-template-test "
        "transactional-template-submit transactional-template-back transactional-template-version "
        "transactional-template-delete",
    ),
    **_all(Permission.RELEASE, "transactional transactional-message transactional-resend"),
    **_all(
        Permission.DRAFT,
        "automations automation_new automation_rename automation_copy automation_delete automation_discard "
        "automation_flow automation_edit automation_side automation_ask automation_return automation_draft_review",
    ),
    **_all(
        Permission.RELEASE,
        "digests digest-new digest digest-check digest-delete campaign campaign-policy campaign-release "
        "campaign-approval campaign-take-back campaign-progress campaign-pause campaign-resume campaign-send-unsent "
        "campaign-calendar campaign-move campaign-report-links campaign-report-link-revoke "
        "campaign-choose campaign-speed campaign-cancel campaign-recipients inactive inactive-ask automation "
        "automation_release automation_take_back automation_pause automation_resume automation_end",
    ),
    **_all(
        Permission.CONTACTS,
        "lists list-new list-first list list-edit list-origin list-origin-picture list-archive list-unarchive "
        "contacts contact-count bulk-actions bulk-new bulk-start bulk-action bulk-progress bulk-cancel bulk-undo "
        "contact contact-edit contact-field contact-note-new contact-note contact-note-delete contact-unsubscribe "
        "contact-data contact-erase requests inactive-sunset segments segment-new segment-rows segment "
        "segment-count segment-delete fields field-new field field-move field-archive field-restore tags tag-new "
        "tag tag-delete contact-tags event-types event-period event-type-delete "
        "suppressions suppression-add imports import-new import-sample import-move "
        "import-move-progress import-move-rows import-move-check import-move-start import-move-discard import "
        "import-cancel import-progress forms form-new form form-edit form-preview form-brand form-publish "
        "form-landing form-landing-preview form-landing-publish form-landing-unpublish form-stands "
        "form-stand-close form-text-keep "
        "form-series form-close form-reopen form-placement form-qr form-poster contact-new test-inbox-message "
        "test-inbox-one-click",
    ),
    **_all(Permission.CONTACTS, "import-fetch import-move-choose import-move-again"),
    **_all(
        Permission.CONTACTS,
        "suppression-import suppression-file suppression-file-progress suppression-file-cancel suppression-lift",
    ),
    **_all(Permission.CONTACTS, "import-refused contact-proof suppression-file-rows", read=Permission.CONTACTS),
    **_all(Permission.EXPORT, "exports exports-rows export-cancel export-delete"),
    **_all(Permission.EXPORT, "export-new export-file campaign-export coupon-given", read=Permission.EXPORT),
    **_all(
        Permission.SETUP,
        "senders sender-new sender-domain sender-check sender-link-revoke sender-publish sender-address "
        "sender-remove media-host media-host-leave reply-add mailbox-ask reply-remove imprint imprint-fields "
        "imprint-preview account-status account-status-message questions question brand brand-website brand-preview "
        "brand-form-preview",
    ),
    **_all(Permission.SETUP, "sender-provider sender-setup sender-setup-done", read=Permission.SETUP),
    **_all(
        Permission.MANAGE,
        "settings settings-monthly-report settings-link-parameters conversion-goal "
        "settings-writing-help list-public-archive",
    ),
    **_all(Permission.MANAGE, "activity activity-csv", read=Permission.MANAGE),
    **_all(Permission.SETUP, "template-lock campaign-unlock"),
    **_all(Permission.TEAM, "team team-role team-limit team-invite-again team-invite-withdraw team-remove"),
    **_all(Permission.KEYS, "keys key-revoke"),
    # An address may hold a token of the system behind it.
    **_all(
        Permission.KEYS,
        "webhooks webhook-new webhook webhook-rotate webhook-switch webhook-replay webhook-test webhook-delete "
        "webhook-messages",
        read=Permission.KEYS,
    ),
    **_all(Permission.SECURITY, "security-second-factor security-approval"),
    **_all(Permission.BIND, "account-status-accept"),
}


def rights_of(url_name: str) -> PageRights | None:
    """Return the permissions that a page needs; None if it is missing from the table."""
    return PAGE_RIGHTS.get(url_name)


class MemberRights:
    """A member's permissions for templates: `rights.release`, `rights.export`."""

    def __init__(self, membership: Membership) -> None:
        lost = WHOLE_ACCOUNT if membership.is_limited else frozenset()
        for each in Permission:
            setattr(self, each.name.lower(), may(membership.role, each) and each not in lost)


def may_open(membership: Membership, url_name: str, *, writes: bool) -> bool:
    """Return whether the member may open this page, or change something with it."""
    if membership.is_limited and not is_for_limited(url_name):
        return False
    needed = rights_of(url_name)
    return needed is not None and may(membership.role, needed.write if writes else needed.read)
