"""Django's registration of this app."""

from django.apps import AppConfig


class SuppressionConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.suppression"
    label = "suppression"
