"""Django's registration of this app."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    name = "mailflatrate.apps.tracking"
    label = "tracking"
