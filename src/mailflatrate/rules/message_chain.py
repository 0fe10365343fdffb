"""The chain for one finished message, ours or any system's (`mailflatrate lint`), in the order of section N.

Most rules are the files that judge a campaign. The second column says who requires a rule (`all` means everyone), the
third which kinds of message it applies to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from mailflatrate.rules.checks import (
    auth_results,
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
    reply_to_freemail,
    sender_answerable,
    sender_field,
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
    unsubscribe_host,
    unsubscribe_link,
)
from mailflatrate.rules.message import MessageFacts, MessageKind
from mailflatrate.rules.verdict import Check, Finding, Severity


class Profile(Enum):
    """Whose requirements to check."""

    ALL = "all"
    CSA = "csa"
    GOOGLE = "google"
    YAHOO = "yahoo"


@dataclass(frozen=True, slots=True)
class MessageRule:
    """One row: the rule, who requires it, for which kinds of message, and whether it needs the DNS.

    For a kind in `advises` the rule only warns, whatever its weight for others.
    """

    check: Check[Any]
    profiles: frozenset[Profile]
    kinds: frozenset[MessageKind]
    advises: frozenset[MessageKind]
    needs_dns: bool = False

    def concerns(self, profile: Profile, kind: MessageKind, *, offline: bool) -> bool:
        asked = profile is Profile.ALL or profile in self.profiles
        return asked and kind in self.kinds and not (offline and self.needs_dns)

    def judge(self, facts: MessageFacts) -> Finding:
        """Apply the rule, with its weight for this kind of message."""
        finding = self.check.judge(facts)
        return replace(finding, severity=_weight(self, finding, facts))


def _weight(row: MessageRule, finding: Finding, facts: MessageFacts) -> Severity:
    """Return the weight of a finding for one kind of message; a missing Feedback-ID is not a fault."""
    if finding.severity not in (Severity.BLOCK, Severity.REVIEW):
        missing = finding.key == "feedback-id" and dict(finding.params).get("found") == "-"
        return Severity.INFO if missing else finding.severity
    if facts.kind in row.advises:
        return Severity.WARN
    # People share names with brands, and a list that rewrites From puts the author's address into the name.
    is_name = finding.key in ("sender-name-honest", "sender-name-brand")
    return Severity.REVIEW if is_name and facts.kind is MessageKind.PERSONAL else finding.severity


def _row(check: Check[Any], profiles: str, kinds: str, *, needs_dns: bool = False) -> MessageRule:
    asking = {"C": Profile.CSA, "G": Profile.GOOGLE, "Y": Profile.YAHOO}
    letters = {"B": MessageKind.BULK, "T": MessageKind.TRANSACTIONAL, "P": MessageKind.PERSONAL}
    return MessageRule(
        check,
        frozenset(asking[letter] for letter in profiles.replace("-", "")),
        frozenset(letters[letter] for letter in kinds.upper()),
        frozenset(letters[letter.upper()] for letter in kinds if letter.islower()),
        needs_dns,
    )


# C the CSA, G Google, Y Yahoo, - only we require it. B bulk, T transactional, P personal; lower case: only as advice.
MESSAGE_CHAIN: tuple[MessageRule, ...] = (
    # In whose name?
    _row(sender_single.CHECK, "CGY", "BTp"),
    _row(sender_not_freemail.CHECK, "CGY", "Bt"),
    _row(sender_name_honest.CHECK, "CGY", "BTP"),
    _row(sender_name_letters.CHECK, "CGY", "BTP"),
    _row(sender_name_brand.CHECK, "CGY", "BTP"),
    _row(sender_name_shared_brand.CHECK, "C", "BT"),  # R-45 review
    _row(sender_name_badge.CHECK, "GY", "BT"),  # R-45 review
    _row(sender_name_emoji.CHECK, "GY", "BT"),  # R-47 warn
    _row(sender_field.CHECK, "-", "BT"),  # R-45 warn
    _row(sender_answerable.CHECK, "C", "BT"),  # R-46 warn
    _row(reply_to_freemail.CHECK, "-", "BT"),  # R-46 warn
    _row(reply_to_deliverable.CHECK, "C", "BTp", needs_dns=True),
    _row(domain_spf.CHECK, "CGY", "BTp", needs_dns=True),
    _row(domain_dmarc.CHECK, "CGY", "BT", needs_dns=True),
    _row(domain_mx.CHECK, "CY", "BT", needs_dns=True),
    _row(domain_aligned.CHECK, "CGY", "BT"),
    _row(auth_results.CHECK, "GY", "BT"),  # R-62 warn
    # With which particulars and which way out?
    _row(imprint_shown.CHECK, "C", "B"),
    _row(imprint_readable.CHECK, "-", "B"),
    _row(unsubscribe_link.CHECK, "CGY", "B"),
    # Saying what?
    _row(subject_present.CHECK, "CGY", "BTp"),
    _row(subject_honest.CHECK, "CGY", "Bt"),
    _row(subject_calm.CHECK, "-", "B"),  # R-47 warn
    _row(subject_unhurried.CHECK, "-", "B"),  # R-47 warn
    _row(merge_tags_filled.CHECK, "-", "BT"),
    _row(links_finished.CHECK, "-", "BT"),
    _row(links_clean.CHECK, "CGY", "BTp"),
    _row(links_truthful.CHECK, "CGY", "BTp"),
    _row(links_https.CHECK, "G", "BT"),  # R-49 warn
    _row(nothing_hidden.CHECK, "CG", "BT"),
    _row(no_machine_orders.CHECK, "G", "BTp"),
    _row(no_foreign_pixel.CHECK, "-", "Bt"),
    # In which form?
    _row(both_parts.CHECK, "C", "Bt"),
    _row(no_active_content.CHECK, "CGY", "BTp"),
    _row(size_limit.CHECK, "CG", "BT"),
    _row(size_comfortable.CHECK, "G", "BT"),  # R-50 warn
    _row(images_described.CHECK, "-", "BT"),  # R-50 warn
    _row(text_faithful.CHECK, "C", "BT"),  # R-50 warn
    _row(text_enough.CHECK, "-", "B"),  # R-50 warn
    _row(dark_mode_safe.CHECK, "-", "BT"),  # R-50 info
    _row(form_sound.CHECK, "CGY", "BTp"),  # R-50 warn
    # With which header?
    _row(header_complete.CHECK, "CGY", "BTp"),
    _row(header_single.CHECK, "CGY", "BTp"),
    _row(header_date.CHECK, "CGY", "BTP"),  # R-65 warn
    _row(message_id_form.CHECK, "CGY", "BTP"),  # R-65 warn
    _row(header_ascii.CHECK, "CGY", "BTP"),  # R-65 warn
    _row(encoded_words.CHECK, "CGY", "BTP"),  # R-65 warn
    _row(line_length.CHECK, "CGY", "BTp"),
    _row(body_seven_bit.CHECK, "-", "BT"),  # R-65 info
    _row(one_recipient.CHECK, "C", "B"),
    _row(list_unsubscribe.CHECK, "CGY", "B"),
    _row(unsubscribe_host.CHECK, "CGY", "B"),
    _row(one_click.CHECK, "CGY", "B"),
    _row(list_id.CHECK, "C", "B"),  # R-57 warn
    _row(list_fields.CHECK, "C", "B"),  # R-57 warn
    _row(feedback_id.CHECK, "G", "B"),  # R-63 warn
    _row(mailing_id.CHECK, "C", "B"),  # R-55 warn
    _row(cfbl_address.CHECK, "-", "BT"),  # R-64 warn
    _row(csa_complaints.CHECK, "C", "BT"),  # R-58 warn
    # Which signer?
    _row(dkim_holds.CHECK, "CGY", "BTp"),
    _row(one_click_signed.CHECK, "CGY", "B"),
    _row(dkim_covers.CHECK, "C", "BT"),  # R-59 warn
    _row(dkim_whole_body.CHECK, "C", "BTp"),
    _row(dkim_key_strong.CHECK, "GY", "BTP"),  # R-59 warn
    _row(dkim_oversigned.CHECK, "C", "BT"),  # R-59 info
    _row(dkim_lifetime.CHECK, "C", "B"),  # R-59 info
    _row(dkim_common.CHECK, "GY", "BT"),  # R-60 info
)


HEADER_KEYS = tuple(row.check.key for row in MESSAGE_CHAIN if row.check.anchor.startswith("header."))
"""The rules of header and signature, asked of the sample message of every campaign (section N)."""


def rules_for(profile: Profile, kind: MessageKind, *, offline: bool) -> Iterator[MessageRule]:
    """Yield the rules for a message of this kind, in order."""
    return (row for row in MESSAGE_CHAIN if row.concerns(profile, kind, offline=offline))
