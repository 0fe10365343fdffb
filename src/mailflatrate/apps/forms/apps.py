from django.apps import AppConfig


class FormsConfig(AppConfig):
    """Registers the app under its bare name."""

    name = "mailflatrate.apps.forms"
    label = "forms"
