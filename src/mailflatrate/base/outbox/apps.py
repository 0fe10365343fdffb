"""Django's registration of the outbox."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "mailflatrate.base.outbox"
    label = "outbox"
