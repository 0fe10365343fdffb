"""The chains: everything that can hold a campaign back, in order (RULES.md section N), and authoritative."""

from typing import Any

from mailflatrate.kinds import from_extensions, load_kind
from mailflatrate.rules.facts import CampaignFacts, ContractFacts, HasFrom, NoticeFacts
from mailflatrate.rules.form_facts import ConfirmationFacts, FormFacts
from mailflatrate.rules.skip_reasons import RecipientRule
from mailflatrate.rules.verdict import Check


def _checks(*names: str, extended: str = "") -> tuple[Check[Any], ...]:
    """Those of `rules.checks`, then those that extensions list as `extended`."""
    own = [load_kind("mailflatrate.rules.checks", name, "CHECK") for name in names]
    return (*own, *(from_extensions("checks", extended) if extended else ()))


def _recipient_rules(*names: str) -> tuple[RecipientRule, ...]:
    return tuple(load_kind("mailflatrate.rules.checks", name, "RULE") for name in names)


# Who sends?                        Severity as in the file: most block, R-06 and R-13 wait for a reviewer.
CAMPAIGN_CHAIN: tuple[Check[CampaignFacts], ...] = _checks(
    "account_active",
    "dpa_accepted",
    "policy_accepted",
    "policy_acknowledged",
    "released_by_two",  # R-04, where the account wants it
    "first_mailings_reviewed",  # R-06 review
    "revetting",  # R-07 review
    # In whose name?
    "sender_verified",
    "sender_not_freemail",
    "reply_to_deliverable",
    "reply_to_verified",
    "sender_name_honest",
    "sender_name_letters",
    "sender_name_brand",
    "sender_name_shared_brand",  # R-45 review
    "sender_name_related",  # R-45 review
    "sender_name_badge",  # R-45 review
    "sender_name_emoji",  # R-47 warn
    "domain_spf",
    "domain_dkim",
    "domain_dmarc",
    "domain_mx",
    "domain_aligned",
    # Which audience?
    "origin_approved",
    "import_finished",
    "consent_fresh",  # R-13 review
    "volume_allowed",
    "variants_have_readers",
    "list_language",  # R-51 warn
    "languages_written",  # R-51 warn
    "languages_translated",
    # With which particulars and which way out?
    "imprint_complete",
    "imprint_shown",
    "imprint_readable",
    "unsubscribe_link",
    "reason_given",
    # Saying what?
    "subject_present",
    "subject_honest",
    "subject_calm",  # R-47 warn
    "subject_unhurried",  # R-47 warn
    "content_category",  # R-05 review
    "merge_tags_filled",
    "shared_rows_exist",
    "placeholders_replaced",
    "coupons_enough",
    "values_present",
    "pictures_chosen",
    "links_finished",
    "links_clean",
    "links_truthful",
    "links_public",
    "links_https",  # R-49 warn
    "links_hosted",
    "links_found",  # R-49 warn
    "links_visited",  # R-49 warn
    "links_direct",  # R-49 warn
    "links_agree",  # R-49 warn
    "nothing_hidden",
    "no_machine_orders",  # R-48 review
    "no_foreign_pixel",
    # In which form?
    "both_parts",
    "no_active_content",
    "size_limit",
    "size_comfortable",  # R-50 warn
    "images_described",  # R-50 warn
    "images_fit",  # R-50 warn
    "headings_present",  # R-50 warn
    "css_supported",  # R-50 warn
    "text_faithful",  # R-50 warn
    "text_enough",  # R-50 warn
    "dark_mode_safe",  # R-50 info
    "ai_pictures_labelled",  # R-53 warn
    "spam_score",  # R-50 warn
    # Can a message be made from it?
    "message_built",
    "rendering_light",
    "message_signed",
    extended="CAMPAIGN_CHECKS",
)

# What a From field alone shows, of any message in the world (`mailflatrate lint --from-lines`).
FROM_CHAIN: tuple[Check[HasFrom], ...] = _checks(
    "sender_single",
    "sender_name_honest",
    "sender_name_letters",
    "sender_name_brand",
    "sender_name_shared_brand",  # R-45 review
    "sender_name_badge",  # R-45 review
    "sender_name_emoji",  # R-47 warn
)

# The cheapest and most frequent check first; the first refusal ends the chain.
RECIPIENT_CHAIN: tuple[RecipientRule, ...] = _recipient_rules(
    "recipient_suppressed",
    "recipient_subscribed",
    "recipient_consented",
    "recipient_origin",
    "recipient_personal",
    "recipient_recent",
    "recipient_rested",
    "recipient_values",
)

CONFIRMATION_CHAIN: tuple[Check[ConfirmationFacts], ...] = _checks(
    "account_active",
    "dpa_accepted",
    "policy_accepted",
    "form_published",
    "request_alive",
    "confirmation_allowed",
    "confirmation_address",
    "request_undenied",
    "request_after_no",
    "sign_up_bombing",
    "form_flooded",
    "imprint_complete",
    "confirmation_plain",
    "sender_name_honest",
    "sender_name_letters",
    "sender_name_brand",
)

FORM_CHAIN: tuple[Check[FormFacts], ...] = _checks(
    "form_list_open",
    "imprint_complete",
    "form_privacy_link",
    # What does the person consent to?
    "consent_names_company",
    "consent_names_topics",
    "consent_says_how_often",
    "consent_says_withdrawal",
    "consent_for_itself",
    "consent_not_blanket",
    # What else does the form ask and say?
    "form_no_special_data",
    "form_sparing",  # R-97 warn
    "form_texts_whole",
    extended="FORM_CHECKS",
)

NOTICE_CHAIN: tuple[Check[NoticeFacts], ...] = _checks(
    "notice_to_user",
    "notice_deliverable",
)

CONTRACT_CHAIN: tuple[Check[ContractFacts], ...] = _checks(
    "account_active",
    "dpa_accepted",
    "policy_accepted",
    "contract_enabled",
    "contract_template",
    "contract_reference",
    "contract_sender",
    "sender_name_honest",
    "sender_name_letters",
    "sender_name_brand",
    "sender_name_shared_brand",  # R-45 review: of the version
    "contract_stream",
    "imprint_complete",
    # May this person get it?
    "contract_address",
    "contract_allowed",
    "contract_misdirected",
    "contract_limit",
    "contract_volume",
)
