"""Django's registration of this app."""

from django.apps import AppConfig


class AbuseConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.abuse"
    label = "abuse"
