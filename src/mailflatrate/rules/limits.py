"""Every number of the rule base, with its source and when it was read. The operator may tighten it
(`rules.stricter_limits`); loosening one needs an ADR. A test pins the table (R-84): a changed threshold is a changed
rule.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """One threshold. `unit` is `percent`, `octets`, `days`, `events` or similar; `derived` marks our own default."""

    key: str
    value: float
    unit: str
    rule: str
    source: str
    read_on: date
    derived: bool = False


_READ = date(2026, 11, 24)


def _limit(key: str, value: float, unit: str, rule: str, source: str, *, derived: bool = False) -> Limit:
    return Limit(key, value, unit, rule, source, _READ, derived)


LIMITS: dict[str, Limit] = {
    limit.key: limit
    for limit in (
        # What the large mailbox providers publish.
        _limit("gmail_spam_rate_aim", 0.10, "percent", "R-84", "Google answer 81126: keep below"),
        _limit("gmail_spam_rate_max", 0.30, "percent", "R-84", "Google answer 81126: never reach"),
        _limit("gmail_mitigation_days", 7, "days", "R-84", "Google answer 14229414"),
        _limit("gmail_bulk_per_day", 5000, "messages", "R-84", "Google answer 81126"),
        _limit("yahoo_spam_rate_max", 0.30, "percent", "R-84", "senders.yahooinc.com best practices"),
        _limit("csa_spam_rate_max", 0.30, "percent", "R-84", "CSA criterion 2.22, mean of 7 days"),
        _limit("orange_spam_rate_max", 0.60, "percent", "R-84", "Orange postmaster; falling to 0.30"),
        _limit("ses_spam_rate_review", 0.10, "percent", "R-84", "Amazon SES"),
        _limit("ses_spam_rate_pause", 0.50, "percent", "R-84", "Amazon SES"),
        _limit("microsoft_bulk_per_day", 5000, "messages", "R-84", "Microsoft techcommunity 4399730"),
        # How we count and what we do.
        _limit("rate_sample_delivered", 200, "messages", "R-85", "ours", derived=True),
        _limit("rate_sample_events", 3, "events", "R-85", "ours", derived=True),
        _limit("rate_sample_chance", 10, "percent", "R-85", "ours; ADR 0015", derived=True),
        _limit("complaint_plain_events", 10, "events", "R-87", "ours; ADR 0015", derived=True),
        _limit("complaint_warn", 0.05, "percent", "R-86", "ours, half of Gmail's aim", derived=True),
        _limit("complaint_throttle", 0.10, "percent", "R-86", "ours, Gmail's aim", derived=True),
        _limit("complaint_pause", 0.20, "percent", "R-86", "ours, between Gmail's figures", derived=True),
        _limit("complaint_suspend", 0.30, "percent", "R-86", "ours, Gmail, Yahoo and CSA maximum", derived=True),
        _limit("complaint_suspend_events", 5, "events", "R-86", "ours, in the first 1,000", derived=True),
        _limit("complaint_suspend_window", 1000, "messages", "R-86", "ours", derived=True),
        _limit("canary_percent", 5, "percent", "R-88", "ours", derived=True),
        _limit("canary_recipients", 500, "recipients", "R-88", "ours", derived=True),
        _limit("canary_wait_minutes", 30, "minutes", "R-88", "ours", derived=True),
        _limit("hard_bounce_warn", 1.0, "percent", "R-88", "CSA 2026: at most 1.0 in 7 days"),
        _limit("hard_bounce_pause", 2.0, "percent", "R-88", "ours, between CSA and SES", derived=True),
        _limit("hard_bounce_suspend", 5.0, "percent", "R-88", "Amazon SES: review at 5"),
        _limit("provider_unknown_pause", 5.0, "percent", "R-88", "ours", derived=True),
        _limit("provider_refused_pause", 5.0, "percent", "R-70", "ours, like unknown users", derived=True),
        _limit("unsubscribe_undo_minutes", 10, "minutes", "R-42", "ours", derived=True),
        _limit("unsubscribe_stop", 2.0, "percent", "R-89", "ours", derived=True),
        # Absolute limits, whatever the rate, for accounts that began to send a short while ago.
        _limit("new_account_days", 30, "days", "R-86", "Plunk, SecurityService"),
        _limit("new_complaints_day_warn", 3, "events", "R-86", "Plunk, SecurityService"),
        _limit("new_complaints_day_pause", 7, "events", "R-86", "Plunk, SecurityService"),
        _limit("new_complaints_week_warn", 10, "events", "R-86", "Plunk, SecurityService"),
        _limit("new_complaints_week_pause", 20, "events", "R-86", "Plunk, SecurityService"),
        _limit("new_hard_bounces_day_warn", 10, "events", "R-88", "Plunk, SecurityService"),
        _limit("new_hard_bounces_day_pause", 25, "events", "R-88", "Plunk, SecurityService"),
        _limit("new_hard_bounces_week_warn", 25, "events", "R-88", "Plunk, SecurityService"),
        _limit("new_hard_bounces_week_pause", 50, "events", "R-88", "Plunk, SecurityService"),
        _limit("pause_cooling_hours", 24, "hours", "R-90", "ours", derived=True),
        # Accounts.
        _limit("supervised_campaigns", 3, "campaigns", "R-06", "CSA 2020 section 2.1b"),
        _limit("supervised_days", 61, "days", "R-06", "CSA 2020 section 2.1b: 2 months"),
        _limit("probation_campaign_1", 5_000, "recipients a day", "R-06", "ours", derived=True),
        _limit("probation_campaign_2", 20_000, "recipients a day", "R-06", "ours", derived=True),
        _limit("probation_campaign_3", 50_000, "recipients a day", "R-06", "ours", derived=True),
        _limit("throttled_per_day", 2_000, "recipients a day", "R-86", "ours", derived=True),
        _limit("revetting_factor", 3, "times the median of 90 days", "R-07", "ours", derived=True),
        _limit("revetting_least", 1_000, "recipients", "R-07", "ours", derived=True),
        _limit("revetting_silence_days", 183, "days", "R-07", "ours: 6 months", derived=True),
        _limit("domain_new_days", 30, "days", "R-03", "ours", derived=True),
        _limit("domain_young_days", 180, "days", "R-03", "ours", derived=True),
        _limit("strike_days", 183, "days", "R-08", "CSA Verfahrensordnung 2016: 6 months"),
        _limit("strikes_to_suspend", 3, "strikes", "R-08", "CSA Verfahrensordnung 2016"),
        # Imports.
        _limit("import_role_share", 5.0, "percent", "R-15", "ours", derived=True),
        _limit("import_disposable_share", 1.0, "percent", "R-15", "ours", derived=True),
        _limit("import_syntax_share", 2.0, "percent", "R-15", "ours", derived=True),
        _limit("import_suppressed_share", 1.0, "percent", "R-15", "ours", derived=True),
        _limit("import_unresolvable_share", 2.0, "percent", "R-15", "ours", derived=True),
        _limit("import_one_domain_share", 30.0, "percent", "R-15", "ours", derived=True),
        _limit("import_sequential_share", 5.0, "percent", "R-15", "ours", derived=True),
        _limit("import_mistyped_share", 1.0, "percent", "R-15", "ours", derived=True),
        _limit("import_same_moment_share", 5.0, "percent", "R-15", "ours", derived=True),
        _limit("import_same_ip_share", 5.0, "percent", "R-15", "ours", derived=True),
        # Consent.
        _limit(
            "consent_review_days",
            365,
            "days",
            "R-13",
            "ours: 12 months; AG München 161 C 12736/22",
            derived=True,
        ),
        _limit(
            "consent_max_days",
            730,
            "days",
            "R-13",
            "ours: 24 months; AG München 161 C 12736/22",
            derived=True,
        ),
        _limit("sunset_answer_days", 14, "days", "R-91", "ours: time to answer a re-permission", derived=True),
        _limit("confirmation_valid_days", 7, "days", "R-34", "practice, Maileon FAQ", derived=True),
        _limit("confirmation_erase_days", 14, "days", "R-34", "practice, Maileon FAQ", derived=True),
        _limit("confirmations_per_address_day", 5, "messages", "R-35", "ours", derived=True),
        _limit("confirmations_per_form_hour", 1000, "messages", "R-35", "ours", derived=True),
        _limit("confirmation_again_hours", 24, "hours", "R-32", "ours: one mail, no reminder", derived=True),
        # A season: who left wants to be left alone, and who changed their mind finds the form.
        _limit("asks_after_no_days", 90, "days", "R-33", "ours: UWG section 7, no asking after a no", derived=True),
        _limit("sign_ups_per_ip_hour", 60, "events", "R-35", "ours", derived=True),
        _limit("sign_ups_unproven_per_form_hour", 60, "events", "R-35", "ours", derived=True),
        _limit("sign_ups_per_stand_hour", 120, "events", "R-35", "ours: two a minute", derived=True),
        _limit(
            "sign_ups_at_stands_day",
            600,
            "events",
            "R-35",
            "ours: of an account, while few answers are in",
            derived=True,
        ),
        _limit("sign_up_spike_least", 50, "events", "R-35", "ours, within an hour", derived=True),
        _limit("sign_up_spike_factor", 5, "times the usual hour", "R-35", "ours", derived=True),
        _limit("sign_up_spike_denied", 3, "events", "R-35", "ours, within an hour", derived=True),
        _limit("sign_up_least_seconds", 3, "seconds", "R-35", "ours", derived=True),
        # Asking on other people's behalf, by key or by hand.
        _limit("asks_window_days", 14, "days", "R-35", "ours: as long as requests are kept (R-34)", derived=True),
        _limit("asks_first_day", 30, "requests a day", "R-35", "ours: what a new account may ask", derived=True),
        _limit("asks_per_confirmed", 4, "times", "R-35", "ours: of the day with most confirmations", derived=True),
        _limit("asks_most_day", 20_000, "requests a day", "R-35", "ours", derived=True),
        _limit("asks_few_day", 10, "requests a day", "R-35", "ours: once few confirm", derived=True),
        _limit("asks_sample", 20, "requests", "R-35", "ours: before shares say anything", derived=True),
        _limit("asks_confirmed_least", 30.0, "percent", "R-35", "ours: half of what sign-ups reach", derived=True),
        _limit("asks_confirmed_few", 10.0, "percent", "R-35", "ours", derived=True),
        _limit("asks_unknown_events", 5, "events", "R-35", "ours", derived=True),
        _limit("asks_unknown_few", 10.0, "percent", "R-35", "ours, twice R-88's suspension", derived=True),
        _limit("asks_unknown_stop", 25.0, "percent", "R-35", "ours", derived=True),
        _limit("asks_denied_events", 3, "events", "R-35", "ours", derived=True),
        _limit("asks_denied_few", 5.0, "percent", "R-35", "ours", derived=True),
        _limit("asks_visit_hours", 72, "hours", "R-35", "ours: a weekend without the program", derived=True),
        # Reports on the public page.
        _limit("reports_per_network_hour", 20, "events", "R-83", "ours", derived=True),
        _limit("reports_unproven_per_network_hour", 5, "events", "R-83", "ours", derived=True),
        _limit("reports_unproven_per_hour", 300, "events", "R-83", "ours", derived=True),
        # Rights of the person.
        _limit("privacy_confirm_days", 7, "days", "R-94", "ours, like a confirmation of R-34", derived=True),
        _limit("privacy_mails_per_day", 3, "messages", "R-94", "ours", derived=True),
        # Minors.
        _limit("minor_below_years", 16, "years", "R-39", "GDPR Art. 8(1), as in Germany"),
        # Proof of mailboxes.
        _limit("mailbox_confirm_days", 7, "days", "R-46", "ours, like a confirmation of R-34", derived=True),
        _limit("mailbox_proof_days", 365, "days", "R-46", "ours: at least once a year", derived=True),
        _limit("mailbox_mails_per_address_day", 3, "messages", "R-46", "ours, from all accounts", derived=True),
        _limit("mailbox_mails_per_account_day", 20, "messages", "R-46", "ours", derived=True),
        # Retention.
        _limit("proof_years_after_end", 3, "years", "R-95", "BGB 195, 199; OWiG 31: to the end of the year"),
        _limit("smtp_reply_days", 90, "days", "R-95", "practice: 30 to 90"),
        _limit("raw_mail_days", 90, "days", "R-95", "practice: 90, then metadata"),
        _limit("click_months", 25, "months", "R-95", "practice: at most 25"),
        _limit(
            "poll_open_days",
            60,
            "days",
            "R-107",
            "ours: long enough to read the message",
            derived=True,
        ),
        _limit("case_years", 3, "years", "R-95", "practice"),
        _limit("french_prospect_years", 3, "years", "R-95", "CNIL: from the person's last contact"),
        _limit("request_years", 3, "years", "R-95", "ours: as long as a claim could be raised", derived=True),
        _limit("refused_row_days", 90, "days", "R-95", "ours: like other technical records", derived=True),
        # Size and form.
        _limit("html_warn_octets", 80 * 1024, "octets", "R-50", "ours, below Gmail's clip point", derived=True),
        _limit("html_max_octets", 100 * 1024, "octets", "R-50", "Gmail clips near 102 KB"),
        _limit("message_max_octets", 1024 * 1024, "octets", "R-50", "agency guide to CSA: 1 MB"),
        # Strangers' pages that an account has us fetch: links of drafts, copied messages, brands (R-49).
        _limit("page_fetches_day", 2_000, "pages a day", "R-49", "ours", derived=True),
        # Signing keys.
        _limit("dkim_key_days", 180, "days", "R-59", "M3AAWG: rotation at least every 6 months"),
        _limit("dkim_overlap_days", 7, "days", "R-106", "ours: longer than any retry", derived=True),
        # Bounces.
        _limit("soft_messages", 3, "campaigns", "R-71", "ours; M3AAWG v4: at least 2", derived=True),
        _limit("soft_span_days", 14, "days", "R-71", "M3AAWG v4: over at least 2 weeks"),
        _limit("soft_messages_active", 5, "campaigns", "R-71", "ours", derived=True),
        _limit("soft_span_days_active", 28, "days", "R-71", "ours", derived=True),
        _limit("soft_active_days", 90, "days", "R-71", "ours", derived=True),
        _limit(
            "bounce_latest_days",
            14,
            "days",
            "R-69",
            "ours; RFC 5321 section 4.5.4.1: queues give up after 4 to 5",
            derived=True,
        ),
        _limit("bounce_return_days", 60, "days", "R-75", "ours; cleverelements retries after 60", derived=True),
        # Cases at the abuse desk.
        _limit("case_answer_working_days", 1, "days", "R-82", "ours: one working day", derived=True),
        _limit("case_proof_hours", 48, "hours", "R-82", "ours", derived=True),
        _limit("case_freeze_reports", 2, "events", "R-82", "ours: two independent reports", derived=True),
        _limit("case_receipt_days", 7, "days", "R-73", "RFC 3834: once in seven days"),
        _limit("case_quiet_days", 30, "days", "R-82", "ours: a feedback loop's reports alone", derived=True),
        _limit("case_keep_days", 1096, "days", "R-95", "ours: 3 years", derived=True),
        # Transactional messages.
        _limit("contract_per_address_day", 10, "messages", "R-112", "ours", derived=True),
        _limit("contract_resend_hours", 24, "hours", "R-112", "ours: their data is erased then", derived=True),
        _limit("contract_sample_days", 7, "days", "R-112", "ours: long enough for a reviewer to look", derived=True),
        _limit("contract_log_days", 90, "days", "R-95", "ours: like the servers' replies", derived=True),
        # Retries.
        _limit("retry_first_minutes", 15, "minutes", "R-72", "RFC 5321 section 4.5.4.1 says 30; M3AAWG 15 to 30"),
        _limit("retry_give_up_hours", 72, "hours", "R-72", "Mailchimp: 3 days"),
    )
}

CONSENT_REVIEW_AGE = timedelta(days=LIMITS["consent_review_days"].value)
"""12 months without contact: a reviewer checks (R-13)."""
CONSENT_MAX_AGE = timedelta(days=LIMITS["consent_max_days"].value)
"""24 months without contact: no longer mailable (R-13, R-91)."""


_TIGHTENED: dict[str, float] = {}


def value(key: str) -> float:
    """Return the effective number of one limit. Raises KeyError for an unknown key."""
    return _TIGHTENED.get(key, LIMITS[key].value)


def tighten(numbers: Mapping[str, float]) -> None:
    _TIGHTENED.clear()
    _TIGHTENED.update(numbers)
