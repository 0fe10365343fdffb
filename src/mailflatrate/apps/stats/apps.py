"""Django's registration of this app."""

from django.apps import AppConfig


class StatsConfig(AppConfig):
    name = "mailflatrate.apps.stats"
    label = "stats"
