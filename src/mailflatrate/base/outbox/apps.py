"""Django's registration of the outbox."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The app configuration, which registers the outbox under its bare name."""

    name = "mailflatrate.base.outbox"
    label = "outbox"
