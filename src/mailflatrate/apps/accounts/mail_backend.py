"""Django's mail backend: every message becomes a notice row that the engine sends."""

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend  # noqa: TID251  the interface, not a way to send
from django.core.mail.message import EmailMessage  # noqa: TID251
from django.utils.translation import get_language

from mailflatrate.apps.accounts.actions import notices, people
from mailflatrate.apps.accounts.models import NoticeKind


class NoticeBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        house = people.house_account()
        for message in email_messages:
            for recipient in message.to:
                notices.send_notice(
                    house.id,
                    NoticeKind.ACCESS,
                    recipient,
                    subject=str(message.subject),
                    text=str(message.body),
                    language=get_language() or "",
                )
        return len(email_messages)
