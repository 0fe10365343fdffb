"""`message.sent`, written with the messages' results if the account wants an event for each message."""

from mailflatrate.base.outbox.writing import emitted
from mailflatrate.rules.events import EventType

_SWITCHED_ON = "EXISTS (SELECT 1 FROM event_setting s WHERE s.account_id = %(account_id)s AND s.per_message)"


def sent_events_sql(source: str, *, delivery: str, campaign: str, contact: str, sent: str) -> str:
    """For a WITH, for accepted messages in `source`. All is SQL; `sent`: the new state. Needs `account_id`."""
    payload = f"jsonb_build_object('message_id', {delivery}, 'campaign_id', {campaign}, 'contact_id', {contact})"
    wanted = f"{sent} = 'sent' AND {campaign} IS NOT NULL AND {contact} IS NOT NULL AND {_SWITCHED_ON}"
    return emitted(EventType.MESSAGE_SENT, "%(account_id)s", payload, f"{source} WHERE {wanted}")
