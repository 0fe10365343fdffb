"""Django's registration of this app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "mailflatrate.apps.delivery"
    label = "delivery"
