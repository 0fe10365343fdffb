"""Django's registration of this app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.delivery"
    label = "delivery"
