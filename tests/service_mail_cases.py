"""Every service message once, with facts as its caller gives them."""

from datetime import UTC, datetime
from typing import Any

from mailflatrate.apps.accounts.service_mail import Passage

URL = "https://mail.example/page/?a=1&b=2"
NOTE = Passage("Please check the offer.\n\nIt ended in May.")

CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "password": ("accounts/mail/password", {"url": URL}),
    "invitation": (
        "accounts/mail/invitation",
        {"person": "Anna Lindner", "account": "Lindenhof", "url": URL, "days": 7},
    ),
    "application": ("accounts/mail/application", {"url": URL, "sign_in": "https://mail.example/login/"}),
    "application_known": ("accounts/mail/application_known", {"url": URL, "sign_in": "https://mail.example/login/"}),
    "address_confirm": ("accounts/mail/address_confirm", {"url": URL}),
    "address_in_use": ("accounts/mail/address_in_use", {"url": URL}),
    "address_requested": ("accounts/mail/address_requested", {"url": URL}),
    "address_changed": ("accounts/mail/address_changed", {}),
    "factor_link": ("accounts/mail/factor_link", {"url": "https://m.example/2fa/mailbox/x/"}),
    "factor_added": ("accounts/mail/factor_added", {}),
    "factor_of_member": ("accounts/mail/factor_of_member", {"person": "Ben", "account": "Lindenhof"}),
    "factor_required": (
        "accounts/mail/factor_required",
        {"person": "Anna", "account": "Lindenhof", "url": "https://m.example/2fa/"},
    ),
    "approval_on": ("accounts/mail/approval_switched", {"person": "Anna", "account": "Lindenhof", "wanted": True}),
    "approval_off": ("accounts/mail/approval_switched", {"person": "Anna", "account": "Lindenhof", "wanted": False}),
    "desk_reply": ("accounts/mail/desk_reply", {"account": "Lindenhof", "text": NOTE, "url": URL}),
    **{
        f"standing_{after}": (
            "accounts/mail/account_status",
            {
                "account": "Lindenhof",
                "after": after,
                "status": after,
                "reason": "",
                "rule": "",
                "remedy": "",
                "may_object": False,
                "automated": False,
                "url": URL,
            },
        )
        for after in ("registered", "more_info", "active", "throttled", "closed")
    },
    "standing_paused": (
        "accounts/mail/account_status",
        {
            "account": "Lindenhof",
            "after": "paused",
            "status": "Paused",
            "reason": NOTE,
            "rule": "R-74",
            "remedy": Passage("Tell us where the list comes from."),
            "may_object": True,
            "automated": True,
            "url": URL,
        },
    ),
    "standing_suspended": (
        "accounts/mail/account_status",
        {
            "account": "Lindenhof",
            "after": "suspended",
            "status": "Suspended",
            "reason": Passage("Bought list."),
            "rule": "",
            "remedy": "",
            "may_object": True,
            "automated": False,
            "url": URL,
        },
    ),
    "standing_rejected": (
        "accounts/mail/account_status",
        {
            "account": "Lindenhof",
            "after": "rejected",
            "status": "Rejected",
            "reason": NOTE,
            "rule": "",
            "remedy": "",
            "may_object": True,
            "automated": False,
            "url": URL,
        },
    ),
    "strike": (
        "accounts/mail/strike",
        {"account": "Lindenhof", "text": "Bought list.", "until": datetime(2027, 5, 27, tzinfo=UTC)},
    ),
    "mailbox": (
        "domains/mail/mailbox",
        {"account": "Lindenhof", "email": "news@lindenhof.example", "url": URL, "days": 14},
    ),
    "failing": (
        "domains/mail/failing",
        {
            "domain": "lindenhof.example",
            "hosts": ["s1._domainkey.lindenhof.example", "_dmarc.lindenhof.example"],
            "url": URL,
        },
    ),
    **{
        f"origin_{decision}": (
            "intake/mail/origin_decided",
            {"decision": decision, "name": "Newsletter", "reason": NOTE, "url": URL},
        )
        for decision in ("approve", "ask", "reject")
    },
    **{
        f"version_{decision}": (
            "transactional/mail/version_decided",
            {"decision": decision, "name": "Order shipped", "number": 2, "reason": NOTE, "url": URL},
        )
        for decision in ("approve", "return", "withdraw")
    },
    "transactional_on": ("transactional/mail/switched", {"on": True, "reason": NOTE, "url": URL}),
    "transactional_off": ("transactional/mail/switched", {"on": False, "reason": NOTE, "url": URL}),
    "misdirected": (
        "transactional/mail/misdirected",
        {"template": "Order shipped", "kind": "Order", "reference": "A-4711", "url": URL},
    ),
    "import_released": (
        "intake/mail/import_decided",
        {"released": True, "name": "people.csv", "reason": NOTE, "url": URL},
    ),
    "import_rejected": (
        "intake/mail/import_decided",
        {"released": False, "name": "people.csv", "reason": NOTE, "url": URL},
    ),
    "origin_reopened": ("lists/mail/origin_reopened", {"name": "Newsletter", "url": URL}),
    "digest_ready": ("campaigns/mail/digest_ready", {"digest": "Blog", "number": 3, "url": URL}),
    "digest_ready_template": ("campaigns/mail/digest_ready", {"digest": "Weekly", "number": 0, "url": URL}),
    "digest_ready_one": ("campaigns/mail/digest_ready", {"digest": "Blog", "number": 1, "url": URL}),
    **{
        name: ("events/mail/switched_off", {"host": "shop.example", "gone": gone, "url": URL})
        for name, gone in (("webhook_failing", False), ("webhook_gone", True))
    },
    **{
        name: (
            "automations/mail/step_reached",
            {"automation": "Welcome", "people": people, "count": len(people), "note": NOTE, "url": URL},
        )
        for name, people in (("step_reached", ["Dora Falk", "eve@x.example"]), ("step_reached_one", ["Dora Falk"]))
    },
    **{
        f"automation_{name}": (
            f"automations/mail/{name}",
            {"automation": "Welcome", "person": "Ben", "note": note, "url": URL},
        )
        for name, note in (("approval_requested", NOTE), ("approved", ""), ("returned", NOTE))
    },
    **{
        f"automation_reviewed_{name}": (
            "automations/mail/reviewed",
            {"automation": "Welcome", "early": early, "approved": approved, "reason": reason, "url": URL},
        )
        for name, early, approved, reason in (
            ("approved", False, True, ""),
            ("returned", False, False, NOTE),
            ("draft_good", True, True, ""),
            ("draft_returned", True, False, NOTE),
        )
    },
    "digest_failed": ("campaigns/mail/digest_failed", {"digest": "Blog", "url": URL}),
    "comment": (
        "campaigns/mail/comment",
        {"person": "Ben", "campaign": "Winter bulbs", "about": "Subject", "text": NOTE, "url": URL},
    ),
    **{
        f"reviewed_{name}": (
            "gate/mail/reviewed",
            {"campaign": "Winter bulbs", "early": early, "approved": good, "goes": goes, "reason": said, "url": URL},
        )
        for name, early, good, goes, said in (
            ("goes", False, True, True, ""),
            ("returned", False, False, False, NOTE),
            ("draft_good", True, True, False, ""),
            ("draft_returned", True, False, False, NOTE),
        )
    },
    "approval_requested": (
        "gate/mail/approval_requested",
        {"campaign": "Winter bulbs", "person": "Ben", "note": NOTE, "url": URL},
    ),
    "approved": ("gate/mail/approved", {"campaign": "Winter bulbs", "person": "Ben", "note": "", "url": URL}),
    "returned": ("gate/mail/returned", {"campaign": "Winter bulbs", "person": "Ben", "note": NOTE, "url": URL}),
    "pick_winner": ("delivery/mail/pick_winner", {"campaign": "Winter bulbs", "url": URL}),
    "on_hold": (
        "abuse/mail/on_hold",
        {"name": "Winter bulbs", "id": "4K7Q-92XD-8", "account": "Lindenhof", "reason": "", "url": URL},
    ),
    "on_hold_reason": (
        "abuse/mail/on_hold",
        {"name": "Winter bulbs", "id": "4K7Q-92XD-8", "account": "Lindenhof", "reason": NOTE, "url": URL},
    ),
    "question": (
        "abuse/mail/question",
        {"account": "Lindenhof", "reference": "C-7K2M", "text": NOTE, "due": "2026-12-01 12:00 UTC", "url": URL},
    ),
    "answer": ("abuse/mail/answer", {"reference": "C-7K2M", "about": "Winter bulbs", "text": NOTE}),
    "answer_untitled": ("abuse/mail/answer", {"reference": "C-7K2M", "about": "", "text": NOTE}),
    "privacy_request": (
        "privacy/mail/request",
        {
            "sender": "Lindenhof",
            "what": "to see the data stored about you",
            "email": "dora@example.net",
            "days": 14,
            "url": URL,
        },
    ),
    "address_moved": (
        "privacy/mail/address_moved",
        {"sender": "Lindenhof", "new": "d…@example.net", "days": 14, "url": URL},
    ),
    "warnings": (
        "stats/mail/warnings",
        {
            "account": "Lindenhof",
            "summary": "2 rates in the warning range",
            "measures": [
                {
                    "title": f"{name}: 0.40 % (warning from 0.30 %)",
                    "sentence": "4 of 1,000 recipients complained.",
                    "done": "Nothing was stopped.",
                    "remedy": "Check who you're emailing.",
                    "rule": rule,
                    "url": URL,
                }
                for name, rule in (("Complaints", "R-74"), ("Hard bounces", "R-70"))
            ],
        },
    ),
    "monthly_report": (
        "stats/mail/monthly_report",
        {
            "account": "Lindenhof",
            "month": "October 2026",
            "growth": [
                {"label": "At the end of the month", "value": "1,234 (1,200)"},
                {"label": "New", "value": "50 (40)"},
                {"label": "Gone", "value": "16 (12)"},
            ],
            "rates": [
                {"label": "Campaigns", "value": "12 (11)"},
                {"label": "Delivered", "value": "98.7% (98.5%)"},
            ],
            "campaigns": ["Winter bulbs: 1,180 delivered, click rate 11.2%", "Advent: 1,160 delivered"],
            "more": 2,
            "url": URL,
        },
    ),
}
"""Case -> template and facts."""

FRENCH = ("mailbox", "privacy_request", "address_moved", "answer", "answer_untitled")
"""Messages that recipients get."""
