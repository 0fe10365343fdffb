"""Django's registration of this app."""

from django.apps import AppConfig


class AutomationsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.automations"
    label = "automations"
