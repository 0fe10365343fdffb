"""Django's registration of this app."""

from django.apps import AppConfig


class GateConfig(AppConfig):
    name = "mailflatrate.apps.gate"
    label = "gate"
