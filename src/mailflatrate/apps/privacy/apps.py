"""Django's registration of this app."""

from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.privacy"
    label = "privacy"
