"""Every write to accounts; one transaction each."""

from mailflatrate.apps.accounts.actions.messages import answer_from_desk, write_to_desk
from mailflatrate.apps.accounts.actions.notices import send_notice, tell_owners
from mailflatrate.apps.accounts.actions.papers import (
    Circumstances,
    accept_agreements,
    acknowledge_policy,
    publish_documents,
    save_imprint,
)
from mailflatrate.apps.accounts.actions.people import (
    add_member,
    change_role,
    change_settings,
    create_account,
    create_user,
    house_account,
    invite,
    remove_member,
)
from mailflatrate.apps.accounts.actions.standing import (
    Reasons,
    change_standing,
    give_strike,
    set_limits,
    take_back_strike,
)
from mailflatrate.apps.accounts.actions.vetting import (
    AddressRefused,
    activate_account,
    ask_to_apply,
    begin_application,
    check_applicant_address,
    decide_application,
    field_names,
    forget_unproved,
    keep_signals,
    open_application,
    save_application,
    submit_application,
)

__all__ = [
    "AddressRefused",
    "Circumstances",
    "Reasons",
    "accept_agreements",
    "acknowledge_policy",
    "activate_account",
    "add_member",
    "answer_from_desk",
    "ask_to_apply",
    "begin_application",
    "change_role",
    "change_settings",
    "change_standing",
    "check_applicant_address",
    "create_account",
    "create_user",
    "decide_application",
    "field_names",
    "forget_unproved",
    "give_strike",
    "house_account",
    "invite",
    "keep_signals",
    "open_application",
    "publish_documents",
    "remove_member",
    "save_application",
    "save_imprint",
    "send_notice",
    "set_limits",
    "submit_application",
    "take_back_strike",
    "tell_owners",
    "write_to_desk",
]
