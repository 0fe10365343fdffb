"""Django's registration of this app."""

from django.apps import AppConfig


class DomainsConfig(AppConfig):
    name = "mailflatrate.apps.domains"
    label = "domains"
