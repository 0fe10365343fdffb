"""Django's registration of this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.accounts"
    label = "accounts"
