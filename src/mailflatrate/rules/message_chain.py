"""The chain for one finished message, of ours or of any system (`mailflatrate lint`), in the order of section N.

Most rules are the files that judge a campaign. Whom each concerns says the second column; `all` asks every rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from mailflatrate.rules.checks import (
    body_seven_bit,
    both_parts,
    cfbl_address,
    csa_complaints,
    dark_mode_safe,
    dkim_common,
    dkim_covers,
    dkim_holds,
    dkim_key_strong,
    dkim_lifetime,
    dkim_oversigned,
    dkim_whole_body,
    domain_aligned,
    domain_dmarc,
    domain_mx,
    domain_spf,
    encoded_words,
    feedback_id,
    form_sound,
    header_ascii,
    header_complete,
    header_date,
    header_single,
    images_described,
    imprint_readable,
    imprint_shown,
    line_length,
    links_clean,
    links_finished,
    links_https,
    links_truthful,
    list_fields,
    list_id,
    list_unsubscribe,
    mailing_id,
    merge_tags_filled,
    message_id_form,
    no_active_content,
    no_foreign_pixel,
    no_machine_orders,
    nothing_hidden,
    one_click,
    one_click_signed,
    one_recipient,
    reply_to_deliverable,
    sender_name_badge,
    sender_name_brand,
    sender_name_emoji,
    sender_name_honest,
    sender_name_letters,
    sender_name_shared_brand,
    sender_not_freemail,
    sender_single,
    size_comfortable,
    size_limit,
    subject_calm,
    subject_honest,
    subject_present,
    subject_unhurried,
    text_enough,
    text_faithful,
    unsubscribe_link,
)
from mailflatrate.rules.verdict import Check


class Profile(Enum):
    """Whose demands are asked about."""

    ALL = "all"
    CSA = "csa"
    GOOGLE = "google"
    YAHOO = "yahoo"


@dataclass(frozen=True, slots=True)
class MessageRule:
    """One row: the rule, who demands it, and whether its answer needs the DNS."""

    check: Check[Any]
    profiles: frozenset[Profile]
    needs_dns: bool = False

    def concerns(self, profile: Profile, *, offline: bool) -> bool:
        return (profile is Profile.ALL or profile in self.profiles) and not (offline and self.needs_dns)


def _row(check: Check[Any], profiles: str, *, needs_dns: bool = False) -> MessageRule:
    letters = {"C": Profile.CSA, "G": Profile.GOOGLE, "Y": Profile.YAHOO}
    return MessageRule(check, frozenset(letters[letter] for letter in profiles.replace("-", "")), needs_dns)


# C the CSA, G Google, Y Yahoo, - only we ask it.
MESSAGE_CHAIN: tuple[MessageRule, ...] = (
    # In whose name?
    _row(sender_single.CHECK, "CGY"),
    _row(sender_not_freemail.CHECK, "CGY"),
    _row(sender_name_honest.CHECK, "CGY"),
    _row(sender_name_letters.CHECK, "CGY"),
    _row(sender_name_brand.CHECK, "CGY"),
    _row(sender_name_shared_brand.CHECK, "C"),  # R-45 review
    _row(sender_name_badge.CHECK, "GY"),  # R-45 review
    _row(sender_name_emoji.CHECK, "GY"),  # R-47 warn
    _row(reply_to_deliverable.CHECK, "C", needs_dns=True),
    _row(domain_spf.CHECK, "CGY", needs_dns=True),
    _row(domain_dmarc.CHECK, "CGY", needs_dns=True),
    _row(domain_mx.CHECK, "CY", needs_dns=True),
    _row(domain_aligned.CHECK, "CGY"),
    # With which particulars and which way out?
    _row(imprint_shown.CHECK, "C"),
    _row(imprint_readable.CHECK, "-"),
    _row(unsubscribe_link.CHECK, "CGY"),
    # Saying what?
    _row(subject_present.CHECK, "CGY"),
    _row(subject_honest.CHECK, "CGY"),
    _row(subject_calm.CHECK, "-"),  # R-47 warn
    _row(subject_unhurried.CHECK, "-"),  # R-47 warn
    _row(merge_tags_filled.CHECK, "-"),
    _row(links_finished.CHECK, "-"),
    _row(links_clean.CHECK, "CGY"),
    _row(links_truthful.CHECK, "CGY"),
    _row(links_https.CHECK, "G"),  # R-49 warn
    _row(nothing_hidden.CHECK, "CG"),
    _row(no_machine_orders.CHECK, "G"),
    _row(no_foreign_pixel.CHECK, "-"),
    # In which form?
    _row(both_parts.CHECK, "C"),
    _row(no_active_content.CHECK, "CGY"),
    _row(size_limit.CHECK, "CG"),
    _row(size_comfortable.CHECK, "G"),  # R-50 warn
    _row(images_described.CHECK, "-"),  # R-50 warn
    _row(text_faithful.CHECK, "C"),  # R-50 warn
    _row(text_enough.CHECK, "-"),  # R-50 warn
    _row(dark_mode_safe.CHECK, "-"),  # R-50 info
    _row(form_sound.CHECK, "CGY"),  # R-50 warn
    # With which header?
    _row(header_complete.CHECK, "CGY"),
    _row(header_single.CHECK, "CGY"),
    _row(header_date.CHECK, "CGY"),  # R-65 warn
    _row(message_id_form.CHECK, "CGY"),  # R-65 warn
    _row(header_ascii.CHECK, "CGY"),  # R-65 warn
    _row(encoded_words.CHECK, "CGY"),  # R-65 warn
    _row(line_length.CHECK, "CGY"),
    _row(body_seven_bit.CHECK, "-"),  # R-65 info
    _row(one_recipient.CHECK, "C"),
    _row(list_unsubscribe.CHECK, "CGY"),
    _row(one_click.CHECK, "CGY"),
    _row(list_id.CHECK, "C"),  # R-57 warn
    _row(list_fields.CHECK, "C"),  # R-57 warn
    _row(feedback_id.CHECK, "G"),  # R-63 warn
    _row(mailing_id.CHECK, "C"),  # R-55 warn
    _row(cfbl_address.CHECK, "-"),  # R-64 warn
    _row(csa_complaints.CHECK, "C"),  # R-58 warn
    # Signed by whom?
    _row(dkim_holds.CHECK, "CGY"),
    _row(one_click_signed.CHECK, "CGY"),
    _row(dkim_covers.CHECK, "C"),  # R-59 warn
    _row(dkim_whole_body.CHECK, "C"),
    _row(dkim_key_strong.CHECK, "GY"),  # R-59 warn
    _row(dkim_oversigned.CHECK, "C"),  # R-59 info
    _row(dkim_lifetime.CHECK, "C"),  # R-59 info
    _row(dkim_common.CHECK, "GY"),  # R-60 info
)


HEADER_KEYS = tuple(row.check.key for row in MESSAGE_CHAIN if row.check.anchor.startswith("header."))
"""The rules of header and signature, asked of the sample letter of every campaign (section N)."""


def rules_for(profile: Profile, *, offline: bool) -> Iterator[Check[Any]]:
    """The rules to ask, in their order."""
    return (row.check for row in MESSAGE_CHAIN if row.concerns(profile, offline=offline))
