"""The pages of the studio for members who see only some of the account's lists (ADR 0048)."""

# The account's own, which shows a limited member what they see.
_ACCOUNT = "home agreements choose-account search help reports activity activity-csv team"
# Campaigns whose whole audience is on the member's lists.
_CAMPAIGNS = (
    "campaigns campaign-new campaign-copy campaign-delete campaign-edit campaign-audience campaign-draft-review "
    "campaign-preview campaign-test campaign-pulse campaign-versions campaign-version campaign-version-message "
    "campaign-link-visits campaign-visit-links "
    "campaign-writing-help campaign-writing-help-one "
    "campaign-version-take campaign-version-forget campaign-waves campaign-ask campaign-approval-return campaign "
    "campaign-calendar campaign-move campaign-follow-up campaign-labels "
    "campaign-policy campaign-release campaign-approval campaign-take-back campaign-progress campaign-pause "
    "campaign-resume campaign-send-unsent campaign-choose campaign-speed campaign-cancel campaign-recipients "
    "campaign-export campaign-comments campaign-comment-settle campaign-comment-delete campaign-clicks "
    "campaign-click-map campaign-answers campaign-answers-csv campaign-answer-comments-csv "
    "campaign-report-pdf campaign-report-links campaign-report-link-revoke "
    "campaign-figures campaign-decision campaign-edition campaign-edition-html campaign-attempts "
    "template-gallery template-gallery-message media-picker media-upload"
)
# Lists and their contacts.
_LISTS = (
    "lists list-new list list-edit list-origin list-origin-picture list-archive list-unarchive contacts contact-count "
    "contact-filter contact-columns contact contact-edit contact-field contact-note-new contact-note "
    "contact-note-delete contact-unsubscribe contact-erase contact-proof contact-tags contact-new suppressions "
    "suppression-add bulk-actions bulk-new bulk-start bulk-action bulk-progress bulk-cancel bulk-undo segments "
    "segment-rows segment-count exports exports-rows export-new export-cancel export-delete export-file imports "
    "import-new import-sample import-move import-move-progress import-move-rows import-move-check import-move-start "
    "import-move-discard import import-cancel import-progress import-refused"
)
# Forms of these lists.
_FORMS = (
    "forms form-new form form-edit form-preview form-brand form-placement form-text-keep form-qr form-poster "
    "form-publish form-close form-reopen form-landing form-landing-preview form-landing-publish form-landing-unpublish "
    "form-stands form-stand-close"
)
LIMITED_PAGES = frozenset(f"{_ACCOUNT} {_CAMPAIGNS} {_LISTS} {_FORMS}".split())
"""Pages for members who are limited to some lists: each shows and changes only what belongs to these.

A page that is missing here is refused to them, because it concerns the account as a whole.
"""


def is_for_limited(url_name: str) -> bool:
    """Return whether a member who is limited to some lists may open this page at all, if their role may."""
    return url_name in LIMITED_PAGES
