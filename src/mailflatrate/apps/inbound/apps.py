"""Django's registration of this app."""

from django.apps import AppConfig


class InboundConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.inbound"
    label = "inbound"
