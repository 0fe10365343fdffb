"""The chain for one finished message (`mailflatrate lint`), in the order of section N: the rule, who requires it
(`all`: everyone), which kinds of message it applies to.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from mailflatrate.kinds import load_kind
from mailflatrate.rules.messages.message import MessageFacts, MessageKind
from mailflatrate.rules.verdict import Check, Finding, Severity


class Profile(Enum):
    ALL = "all"
    CSA = "csa"
    GOOGLE = "google"
    YAHOO = "yahoo"


@dataclass(frozen=True, slots=True)
class MessageRule:
    """For a kind in `advises` the rule only warns, whatever its weight for others."""

    check: Check[Any]
    profiles: frozenset[Profile]
    kinds: frozenset[MessageKind]
    advises: frozenset[MessageKind]
    needs_dns: bool = False

    def concerns(self, profile: Profile, kind: MessageKind, *, offline: bool) -> bool:
        asked = profile is Profile.ALL or profile in self.profiles
        return asked and kind in self.kinds and not (offline and self.needs_dns)

    def judge(self, facts: MessageFacts) -> Finding:
        finding = self.check.judge(facts)
        return replace(finding, severity=_weight(self, finding, facts))


def _weight(row: MessageRule, finding: Finding, facts: MessageFacts) -> Severity:
    if finding.severity not in (Severity.BLOCK, Severity.REVIEW):
        missing = finding.key == "feedback-id" and dict(finding.params).get("found") == "-"
        return Severity.INFO if missing else finding.severity
    if facts.kind in row.advises:
        return Severity.WARN
    # People share names with brands, and a list that rewrites From puts the author's address into the name.
    is_name = finding.key in ("sender-name-honest", "sender-name-brand")
    return Severity.REVIEW if is_name and facts.kind is MessageKind.PERSONAL else finding.severity


def _row(name: str, profiles: str, kinds: str, *, needs_dns: bool = False) -> MessageRule:
    asking = {"C": Profile.CSA, "G": Profile.GOOGLE, "Y": Profile.YAHOO}
    letters = {"B": MessageKind.BULK, "T": MessageKind.TRANSACTIONAL, "P": MessageKind.PERSONAL}
    return MessageRule(
        load_kind("mailflatrate.rules.checks", name, "CHECK"),
        frozenset(asking[letter] for letter in profiles.replace("-", "")),
        frozenset(letters[letter] for letter in kinds.upper()),
        frozenset(letters[letter.upper()] for letter in kinds if letter.islower()),
        needs_dns,
    )


# C the CSA, G Google, Y Yahoo, - only we require it. B bulk, T transactional, P personal; lower case: only as advice.
MESSAGE_CHAIN: tuple[MessageRule, ...] = (
    # In whose name?
    _row("sender_single", "CGY", "BTp"),
    _row("sender_not_freemail", "CGY", "Bt"),
    _row("sender_name_honest", "CGY", "BTP"),
    _row("sender_name_letters", "CGY", "BTP"),
    _row("sender_name_brand", "CGY", "BTP"),
    _row("sender_name_shared_brand", "C", "BT"),  # R-45 review
    _row("sender_name_badge", "GY", "BT"),  # R-45 review
    _row("sender_name_emoji", "GY", "BT"),  # R-47 warn
    _row("sender_field", "-", "BT"),  # R-45 warn
    _row("sender_answerable", "C", "BT"),  # R-46 warn
    _row("reply_to_freemail", "-", "BT"),  # R-46 warn
    _row("reply_to_deliverable", "C", "BTp", needs_dns=True),
    _row("domain_spf", "CGY", "BTp", needs_dns=True),
    _row("domain_dmarc", "CGY", "BT", needs_dns=True),
    _row("domain_mx", "CY", "BT", needs_dns=True),
    _row("domain_aligned", "CGY", "BT"),
    _row("auth_results", "GY", "BT"),  # R-62 warn
    # With which particulars and which way out?
    _row("imprint_shown", "C", "B"),
    _row("imprint_readable", "-", "B"),
    _row("unsubscribe_link", "CGY", "B"),
    # Saying what?
    _row("subject_present", "CGY", "BTp"),
    _row("subject_honest", "CGY", "Bt"),
    _row("subject_calm", "-", "B"),  # R-47 warn
    _row("subject_unhurried", "-", "B"),  # R-47 warn
    _row("merge_tags_filled", "-", "BT"),
    _row("links_finished", "-", "BT"),
    _row("links_clean", "CGY", "BTp"),
    _row("links_truthful", "CGY", "BTp"),
    _row("links_https", "G", "BT"),  # R-49 warn
    _row("nothing_hidden", "CG", "BT"),
    _row("no_machine_orders", "G", "BTp"),
    _row("no_foreign_pixel", "-", "Bt"),
    # In which form?
    _row("both_parts", "C", "Bt"),
    _row("no_active_content", "CGY", "BTp"),
    _row("size_limit", "CG", "BT"),
    _row("size_comfortable", "G", "BT"),  # R-50 warn
    _row("images_described", "-", "BT"),  # R-50 warn
    _row("text_faithful", "C", "BT"),  # R-50 warn
    _row("text_enough", "-", "B"),  # R-50 warn
    _row("dark_mode_safe", "-", "BT"),  # R-50 info
    _row("form_sound", "CGY", "BTp"),  # R-50 warn
    # With which header?
    _row("header_complete", "CGY", "BTp"),
    _row("header_single", "CGY", "BTp"),
    _row("header_date", "CGY", "BTP"),  # R-65 warn
    _row("message_id_form", "CGY", "BTP"),  # R-65 warn
    _row("header_ascii", "CGY", "BTP"),  # R-65 warn
    _row("encoded_words", "CGY", "BTP"),  # R-65 warn
    _row("line_length", "CGY", "BTp"),
    _row("body_seven_bit", "-", "BT"),  # R-65 info
    _row("one_recipient", "C", "B"),
    _row("list_unsubscribe", "CGY", "B"),
    _row("unsubscribe_host", "CGY", "B"),
    _row("one_click", "CGY", "B"),
    _row("list_id", "C", "B"),  # R-57 warn
    _row("list_fields", "C", "B"),  # R-57 warn
    _row("feedback_id", "G", "B"),  # R-63 warn
    _row("mailing_id", "C", "B"),  # R-55 warn
    _row("cfbl_address", "-", "BT"),  # R-64 warn
    _row("csa_complaints", "C", "BT"),  # R-58 warn
    # Which signer?
    _row("dkim_holds", "CGY", "BTp"),
    _row("one_click_signed", "CGY", "B"),
    _row("dkim_covers", "C", "BT"),  # R-59 warn
    _row("dkim_whole_body", "C", "BTp"),
    _row("dkim_key_strong", "GY", "BTP"),  # R-59 warn
    _row("dkim_oversigned", "C", "BT"),  # R-59 info
    _row("dkim_lifetime", "C", "B"),  # R-59 info
    _row("dkim_common", "GY", "BT"),  # R-60 info
)


HEADER_KEYS = tuple(row.check.key for row in MESSAGE_CHAIN if row.check.anchor.startswith("header."))
"""The rules of header and signature, asked of the sample message of every campaign (section N)."""


def rules_for(profile: Profile, kind: MessageKind, *, offline: bool) -> Iterator[MessageRule]:
    return (row for row in MESSAGE_CHAIN if row.concerns(profile, kind, offline=offline))
