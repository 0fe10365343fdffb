"""Django's registration of this app."""

from django.apps import AppConfig


class FormsConfig(AppConfig):
    name = "mailflatrate.apps.forms"
    label = "forms"
