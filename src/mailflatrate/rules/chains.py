"""The chains: which rules are asked, in which order (RULES.md section N).

The tables are authoritative: they list, from top to bottom, everything that can hold a campaign back.
"""

from __future__ import annotations

from mailflatrate.rules.checks import (
    account_active,
    ai_pictures_labelled,
    both_parts,
    confirmation_address,
    confirmation_allowed,
    confirmation_plain,
    consent_for_itself,
    consent_fresh,
    consent_names_company,
    consent_names_topics,
    consent_not_blanket,
    consent_says_how_often,
    consent_says_withdrawal,
    content_category,
    contract_address,
    contract_allowed,
    contract_enabled,
    contract_limit,
    contract_misdirected,
    contract_reference,
    contract_sender,
    contract_stream,
    contract_template,
    contract_volume,
    coupons_enough,
    css_supported,
    dark_mode_safe,
    domain_aligned,
    domain_dkim,
    domain_dmarc,
    domain_mx,
    domain_spf,
    dpa_accepted,
    first_mailings_reviewed,
    form_flooded,
    form_list_open,
    form_no_special_data,
    form_privacy_link,
    form_published,
    form_sparing,
    form_texts_whole,
    headings_present,
    images_described,
    images_fit,
    import_finished,
    imprint_complete,
    imprint_readable,
    imprint_shown,
    languages_translated,
    languages_written,
    links_agree,
    links_clean,
    links_direct,
    links_finished,
    links_found,
    links_hosted,
    links_https,
    links_public,
    links_truthful,
    links_visited,
    list_language,
    merge_tags_filled,
    message_built,
    message_signed,
    no_active_content,
    no_foreign_pixel,
    no_machine_orders,
    nothing_hidden,
    notice_deliverable,
    notice_to_user,
    origin_approved,
    pictures_chosen,
    placeholders_replaced,
    policy_accepted,
    policy_acknowledged,
    reason_given,
    recipient_consented,
    recipient_origin,
    recipient_personal,
    recipient_recent,
    recipient_rested,
    recipient_subscribed,
    recipient_suppressed,
    recipient_values,
    released_by_two,
    rendering_light,
    reply_to_deliverable,
    reply_to_verified,
    request_after_no,
    request_alive,
    request_undenied,
    revetting,
    sender_name_badge,
    sender_name_brand,
    sender_name_emoji,
    sender_name_honest,
    sender_name_letters,
    sender_name_related,
    sender_name_shared_brand,
    sender_not_freemail,
    sender_single,
    sender_verified,
    shared_rows_exist,
    sign_up_bombing,
    size_comfortable,
    size_limit,
    spam_score,
    subject_calm,
    subject_honest,
    subject_present,
    subject_unhurried,
    text_enough,
    text_faithful,
    unsubscribe_link,
    values_present,
    variants_have_readers,
    volume_allowed,
)
from mailflatrate.rules.facts import CampaignFacts, ConfirmationFacts, ContractFacts, FormFacts, HasFrom, NoticeFacts
from mailflatrate.rules.skip_reasons import RecipientRule
from mailflatrate.rules.verdict import Check

# Who sends?                        Severity as in the file: most block, R-06 and R-13 wait for a reviewer.
CAMPAIGN_CHAIN: tuple[Check[CampaignFacts], ...] = (
    account_active.CHECK,
    dpa_accepted.CHECK,
    policy_accepted.CHECK,
    policy_acknowledged.CHECK,
    released_by_two.CHECK,  # R-04, where the account wants it
    first_mailings_reviewed.CHECK,  # R-06 review
    revetting.CHECK,  # R-07 review
    # In whose name?
    sender_verified.CHECK,
    sender_not_freemail.CHECK,
    reply_to_deliverable.CHECK,
    reply_to_verified.CHECK,
    sender_name_honest.CHECK,
    sender_name_letters.CHECK,
    sender_name_brand.CHECK,
    sender_name_shared_brand.CHECK,  # R-45 review
    sender_name_related.CHECK,  # R-45 review
    sender_name_badge.CHECK,  # R-45 review
    sender_name_emoji.CHECK,  # R-47 warn
    domain_spf.CHECK,
    domain_dkim.CHECK,
    domain_dmarc.CHECK,
    domain_mx.CHECK,
    domain_aligned.CHECK,
    # Which audience?
    origin_approved.CHECK,
    import_finished.CHECK,
    consent_fresh.CHECK,  # R-13 review
    volume_allowed.CHECK,
    variants_have_readers.CHECK,
    list_language.CHECK,  # R-51 warn
    languages_written.CHECK,  # R-51 warn
    languages_translated.CHECK,
    # With which particulars and which way out?
    imprint_complete.CHECK,
    imprint_shown.CHECK,
    imprint_readable.CHECK,
    unsubscribe_link.CHECK,
    reason_given.CHECK,
    # Saying what?
    subject_present.CHECK,
    subject_honest.CHECK,
    subject_calm.CHECK,  # R-47 warn
    subject_unhurried.CHECK,  # R-47 warn
    content_category.CHECK,  # R-05 review
    merge_tags_filled.CHECK,
    shared_rows_exist.CHECK,
    placeholders_replaced.CHECK,
    coupons_enough.CHECK,
    values_present.CHECK,
    pictures_chosen.CHECK,
    links_finished.CHECK,
    links_clean.CHECK,
    links_truthful.CHECK,
    links_public.CHECK,
    links_https.CHECK,  # R-49 warn
    links_hosted.CHECK,
    links_found.CHECK,  # R-49 warn
    links_visited.CHECK,  # R-49 warn
    links_direct.CHECK,  # R-49 warn
    links_agree.CHECK,  # R-49 warn
    nothing_hidden.CHECK,
    no_machine_orders.CHECK,  # R-48 review
    no_foreign_pixel.CHECK,
    # In which form?
    both_parts.CHECK,
    no_active_content.CHECK,
    size_limit.CHECK,
    size_comfortable.CHECK,  # R-50 warn
    images_described.CHECK,  # R-50 warn
    images_fit.CHECK,  # R-50 warn
    headings_present.CHECK,  # R-50 warn
    css_supported.CHECK,  # R-50 warn
    text_faithful.CHECK,  # R-50 warn
    text_enough.CHECK,  # R-50 warn
    dark_mode_safe.CHECK,  # R-50 info
    ai_pictures_labelled.CHECK,  # R-53 warn
    spam_score.CHECK,  # R-50 warn
    # Can a message be made from it?
    message_built.CHECK,
    rendering_light.CHECK,
    message_signed.CHECK,
)

# What a From field alone shows, of any message in the world (`mailflatrate lint --from-lines`).
FROM_CHAIN: tuple[Check[HasFrom], ...] = (
    sender_single.CHECK,
    sender_name_honest.CHECK,
    sender_name_letters.CHECK,
    sender_name_brand.CHECK,
    sender_name_shared_brand.CHECK,  # R-45 review
    sender_name_badge.CHECK,  # R-45 review
    sender_name_emoji.CHECK,  # R-47 warn
)

# The cheapest and most frequent check first; the first refusal ends the chain.
RECIPIENT_CHAIN: tuple[RecipientRule, ...] = (
    recipient_suppressed.RULE,
    recipient_subscribed.RULE,
    recipient_consented.RULE,
    recipient_origin.RULE,
    recipient_personal.RULE,
    recipient_recent.RULE,
    recipient_rested.RULE,
    recipient_values.RULE,
)

CONFIRMATION_CHAIN: tuple[Check[ConfirmationFacts], ...] = (
    account_active.CHECK,
    dpa_accepted.CHECK,
    policy_accepted.CHECK,
    form_published.CHECK,
    request_alive.CHECK,
    confirmation_allowed.CHECK,
    confirmation_address.CHECK,
    request_undenied.CHECK,
    request_after_no.CHECK,
    sign_up_bombing.CHECK,
    form_flooded.CHECK,
    imprint_complete.CHECK,
    confirmation_plain.CHECK,
    sender_name_honest.CHECK,
    sender_name_letters.CHECK,
    sender_name_brand.CHECK,
)

FORM_CHAIN: tuple[Check[FormFacts], ...] = (
    form_list_open.CHECK,
    imprint_complete.CHECK,
    form_privacy_link.CHECK,
    # What does the person consent to?
    consent_names_company.CHECK,
    consent_names_topics.CHECK,
    consent_says_how_often.CHECK,
    consent_says_withdrawal.CHECK,
    consent_for_itself.CHECK,
    consent_not_blanket.CHECK,
    # What else does the form ask and say?
    form_no_special_data.CHECK,
    form_sparing.CHECK,  # R-97 warn
    form_texts_whole.CHECK,
)

NOTICE_CHAIN: tuple[Check[NoticeFacts], ...] = (
    notice_to_user.CHECK,
    notice_deliverable.CHECK,
)

CONTRACT_CHAIN: tuple[Check[ContractFacts], ...] = (
    account_active.CHECK,
    dpa_accepted.CHECK,
    policy_accepted.CHECK,
    contract_enabled.CHECK,
    contract_template.CHECK,
    contract_reference.CHECK,
    contract_sender.CHECK,
    sender_name_honest.CHECK,
    sender_name_letters.CHECK,
    sender_name_brand.CHECK,
    sender_name_shared_brand.CHECK,  # R-45 review: of the version
    contract_stream.CHECK,
    imprint_complete.CHECK,
    # May this person get it?
    contract_address.CHECK,
    contract_allowed.CHECK,
    contract_misdirected.CHECK,
    contract_limit.CHECK,
    contract_volume.CHECK,
)
