"""Django's registration of this app."""

from django.apps import AppConfig


class InboundConfig(AppConfig):
    name = "mailflatrate.apps.inbound"
    label = "inbound"
