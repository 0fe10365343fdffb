"""The operator's stricter numbers: each limit here may move in one direction only; loosening one needs an ADR."""

from enum import Enum

from mailflatrate.rules.limits import LIMITS


class Stricter(Enum):
    LOWER = "lower"
    HIGHER = "higher"


STRICTER: dict[str, Stricter] = {
    **dict.fromkeys(
        (
            "rate_sample_delivered", "complaint_warn", "complaint_throttle", "complaint_pause", "complaint_suspend",
            "complaint_suspend_events", "hard_bounce_warn", "hard_bounce_pause", "hard_bounce_suspend",
            "provider_unknown_pause", "provider_refused_pause", "unsubscribe_stop",
            "new_complaints_day_warn", "new_complaints_day_pause", "new_complaints_week_warn",
            "new_complaints_week_pause", "new_hard_bounces_day_warn", "new_hard_bounces_day_pause",
            "new_hard_bounces_week_warn", "new_hard_bounces_week_pause",
            "probation_campaign_1", "probation_campaign_2", "probation_campaign_3", "throttled_per_day",
            "revetting_factor", "revetting_least", "revetting_silence_days", "strikes_to_suspend",
            "import_role_share", "import_disposable_share", "import_syntax_share", "import_suppressed_share",
            "import_unresolvable_share", "import_one_domain_share", "import_sequential_share", "import_mistyped_share",
            "import_same_moment_share", "import_same_ip_share",
            "confirmations_per_address_day", "confirmations_per_form_hour", "sign_ups_per_ip_hour",
            "sign_ups_unproven_per_form_hour", "sign_ups_per_stand_hour", "sign_ups_at_stands_day",
            "asks_first_day", "asks_per_confirmed", "asks_most_day", "asks_few_day",
            "asks_unknown_events", "asks_unknown_few", "asks_unknown_stop", "asks_denied_events", "asks_denied_few",
            "asks_visit_hours", "contract_per_address_day", "contract_resend_hours", "contract_log_days",
            "contract_sample_days", "page_fetches_day",
        ),
        Stricter.LOWER,
    ),
    **dict.fromkeys(
        (
            "rate_sample_chance", "complaint_suspend_window", "new_account_days", "pause_cooling_hours",
            "supervised_campaigns", "supervised_days", "strike_days", "sign_up_least_seconds",
            "asks_confirmed_least", "asks_confirmed_few", "asks_after_no_days",
        ),
        Stricter.HIGHER,
    ),
}  # fmt: skip


def read_tighter(written: str) -> dict[str, float]:
    """Read `complaint_warn=0.03, strike_days=365`. Raises ValueError for what is unknown or not stricter."""
    limits: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in written.split(","))):
        key, _sign, number = (piece.strip() for piece in part.partition("="))
        if key not in STRICTER:
            raise ValueError(f"{key or part!r} isn't a limit that this setting can change")
        try:
            number_given = float(number)
        except ValueError:
            raise ValueError(f"{key}: {number!r} isn't a number") from None
        ours, lower = LIMITS[key].value, STRICTER[key] is Stricter.LOWER
        if not 0 <= number_given < float("inf") or (number_given > ours if lower else number_given < ours):
            raise ValueError(
                f"{key}: {number_given:g} is looser than {ours:g}, and this setting can only make limits stricter"
            )
        limits[key] = number_given
    return limits
