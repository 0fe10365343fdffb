"""Django's registration of this app."""

from django.apps import AppConfig


class ListsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.lists"
    label = "lists"
