"""Django's registration of this app."""

from django.apps import AppConfig


class AbuseConfig(AppConfig):
    name = "mailflatrate.apps.abuse"
    label = "abuse"
