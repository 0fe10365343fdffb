"""Django's registration of the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, template tags and static files of the pages."""

    name = "mailflatrate.entrypoints.web"
    label = "web"

    def ready(self) -> None:
        """A sign-in asks for agreements that are new since the last one (R-04)."""
        from allauth.account.signals import user_logged_in

        from mailflatrate.entrypoints.web.studio.agreements import ask_at_sign_in

        user_logged_in.connect(ask_at_sign_in, dispatch_uid="ask_agreements")
