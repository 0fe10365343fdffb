"""Django's registration of this app."""

from django.apps import AppConfig


class DomainsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.domains"
    label = "domains"
