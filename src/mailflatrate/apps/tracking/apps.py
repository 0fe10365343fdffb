"""Django's registration of this app."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.tracking"
    label = "tracking"
