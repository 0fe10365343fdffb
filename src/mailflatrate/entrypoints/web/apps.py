"""Django's registration of the pages."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "mailflatrate.entrypoints.web"
    label = "web"

    def ready(self) -> None:
        """Connect signals: sign-in asks for agreements that are new (R-04); a first factor opens the desk."""
        from allauth.account.signals import user_logged_in
        from allauth.mfa.signals import authenticator_added

        from mailflatrate.entrypoints.sign_in.proved_factor import keep_first_factor
        from mailflatrate.entrypoints.studio.agreements import ask_at_sign_in

        user_logged_in.connect(ask_at_sign_in, dispatch_uid="ask_agreements")
        authenticator_added.connect(keep_first_factor, dispatch_uid="keep_first_factor")
