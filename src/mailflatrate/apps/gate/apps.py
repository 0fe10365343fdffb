"""Django's registration of this app."""

from django.apps import AppConfig


class GateConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.gate"
    label = "gate"
