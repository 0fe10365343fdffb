"""Django's registration of this app."""

from django.apps import AppConfig


class StatsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.stats"
    label = "stats"
