"""The relays that mail leaves through: their list, their health, and changes to them."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts.models import Account
from mailflatrate.apps.delivery.relays import edit as relays
from mailflatrate.apps.delivery.relays import hooks, warm_up_limits
from mailflatrate.apps.delivery.relays.edit import RelayError
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.apps.delivery.relays.overview import closed_pools, relay_rows, shaping_rows
from mailflatrate.apps.delivery.relays.queue_overview import followers, provider_queues
from mailflatrate.apps.delivery.relays.relay_cache import spec_of
from mailflatrate.apps.delivery.relays.tables import (
    TLS_LABELS,
    KindChoice,
    PoolChoice,
    Relay,
    ReturnPathChoice,
    StateChoice,
)
from mailflatrate.apps.delivery.transmit import check_relay
from mailflatrate.base import audit
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.desk.common import REFUSED, page
from mailflatrate.entrypoints.ui.menu import MONITORING, Tab
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.locale.texts import known_language
from mailflatrate.mail.signing.vault import VaultError
from mailflatrate.rules.sending.relays import MOST_CONNECTIONS, MOST_PER_HOUR, MOST_WEIGHT, TAGGED, RelayKind, RelayPool
from mailflatrate.rules.sending.warm_up import quota
from mailflatrate.settings.schema import load_settings
from mailflatrate.wire.smtp.types import RelayUnavailable, Stage

TONES = {StateChoice.ACTIVE: "success", StateChoice.DRAINING: "warning", StateChoice.DISABLED: ""}
HOW_TO_FIX = {
    Stage.CONNECT: gettext_lazy(
        "Check the host and port, and that your firewall allows outgoing connections from this host."
    ),
    Stage.GREETING: gettext_lazy(
        "Something is answering, but it isn't a mail server. Check the port: use 25 or 587, not 465."
    ),
    Stage.EHLO: gettext_lazy("The relay rejects our HELO name. Check MAILFLATRATE_HELO_NAME."),
    Stage.STARTTLS: gettext_lazy("Check the relay's certificate and host name, or choose another TLS mode."),
    Stage.AUTH: gettext_lazy("Check the username and password. Signing in to the relay requires TLS."),
    Stage.MAIL: gettext_lazy(
        "The relay doesn't accept our sender. Allow this host and this domain to send through it."
    ),
}
SECRET = forms.PasswordInput({"autocomplete": "new-password"})


class RelayForm(forms.Form):
    """A relay. Saved credentials are never sent back to the browser."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, help_text=gettext_lazy("The name you know it by, for example mta-1.")
    )
    kind = forms.ChoiceField(label=gettext_lazy("Relay type"), choices=KindChoice.choices)
    host = forms.CharField(label=gettext_lazy("Host"), max_length=253)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=587)
    tls = forms.ChoiceField(label=gettext_lazy("TLS"), choices=TLS_LABELS)
    username = forms.CharField(
        label=gettext_lazy("Username"), max_length=1000, required=False, widget=forms.TextInput({"autocomplete": "off"})
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        required=False,
        strip=False,
        widget=SECRET,
        help_text=gettext_lazy(
            "Sealed for this host, port and TLS mode, and never shown again. If you change any of them, enter the "
            "password again."
        ),
    )
    remove_login = forms.BooleanField(label=gettext_lazy("Delete the saved username and password"), required=False)
    pool = forms.ChoiceField(label=gettext_lazy("Pool"), choices=PoolChoice.choices)
    account_id = forms.ModelChoiceField(
        Account.objects.none(),
        label=gettext_lazy("Account"),
        required=False,
        help_text=gettext_lazy("Dedicated relays only. This account's campaigns then use no other relay."),
    )
    weight = forms.IntegerField(
        label=gettext_lazy("Weight"),
        min_value=1,
        max_value=MOST_WEIGHT,
        initial=10,
        help_text=gettext_lazy(
            "Share of the pool's messages. A relay with weight 20 takes twice as many as one with 10."
        ),
    )
    connections = forms.IntegerField(
        label=gettext_lazy("Connections"),
        min_value=1,
        max_value=MOST_CONNECTIONS,
        initial=10,
        help_text=gettext_lazy("Maximum for each sender process."),
    )
    per_hour = forms.IntegerField(
        label=gettext_lazy("Messages per hour"),
        min_value=1,
        max_value=MOST_PER_HOUR,
        required=False,
        help_text=gettext_lazy("Total for all hosts. Leave empty for no limit."),
    )
    return_path = forms.ChoiceField(label=gettext_lazy("Bounces"), choices=ReturnPathChoice.choices)
    sends_from = forms.CharField(
        label=gettext_lazy("Sending IP addresses"),
        max_length=4000,
        required=False,
        widget=forms.Textarea({"rows": 3, "class": "mono"}),
        help_text=gettext_lazy("The IP addresses that receiving servers see, one per line."),
    )

    def __init__(self, *args: Any, relay: Relay | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = self.fields["account_id"]
        assert isinstance(accounts, forms.ModelChoiceField)
        accounts.queryset = Account.objects.filter(is_house=False).order_by("name")
        if relay is None or not relay.credentials_sealed:
            del self.fields["remove_login"]
        else:
            self.fields["username"].help_text = _("Login details are saved. Leave both fields empty to keep them.")

    def draft(self) -> relays.RelayDraft:
        """Return the entered values; empty login fields keep the saved ones."""
        given = dict(self.cleaned_data)
        account = given.pop("account_id")
        username: str | None = given.pop("username") or None
        password = given.pop("password") or None
        if given.pop("remove_login", False):
            username, password = "", None
        sends_from = tuple(given.pop("sends_from").replace(",", " ").split())
        return relays.RelayDraft(
            **given,
            username=username,
            password=password,
            sends_from=sends_from,
            account_id=account.id if account else None,
        )


@desk("GET relays/", "relays", tab=Tab(MONITORING, gettext_lazy("Relays"), icon="route", place=50))
def relay_list(request: DeskRequest) -> HttpResponse:
    rows = relay_rows()
    own = settings.SETTINGS
    where = f"{own.relay_host}:{own.relay_port}" if own.relay_host else ""
    uses_own = not any(row.relay.pool == RelayPool.TRUSTED for row in rows)
    language = known_language(get_language())
    shaping = shaping_rows(own.shaping_numbers, language) if rows else []
    context = {
        "shaping": shaping,
        "rows": rows,
        "closed": closed_pools(rows),
        "settings_relay": where,
        "uses_settings": uses_own,
        "followers": followers(),
        "queues": provider_queues(language),
    }
    return page(request, "relays", {**context, "tones": TONES})


@desk("GET|POST relays/new/", "relay-new")
def new(request: DeskRequest) -> HttpResponse:
    form = RelayForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            relay = relays.add_relay(form.draft(), by=audit.person(request.user))
        except relays.RelayError as error:
            _show(form, error)
        else:
            text = _("%(name)s has been added. It will accept messages within seconds.")
            return succeed(request, text % {"name": relay.name}, reverse("desk:relays"))
    return page(request, "relay", {"form": form, "relay": None}, status=REFUSED if form.errors else 200)


@desk("GET|POST relays/<int:relay_id>/", "relay")
def edit(request: DeskRequest, relay_id: int) -> HttpResponse:
    relay = find_relay(relay_id)
    form = RelayForm(request.POST or None, relay=relay, initial=_initial(relay))
    if request.method == "POST" and form.is_valid():
        try:
            changed = relays.edit_relay(relay_id, form.draft(), by=audit.person(request.user))
        except relays.RelayError as error:
            _show(form, error)
        else:
            text = _("%(name)s has been changed. Sender processes will pick this up within seconds.")
            return succeed(request, text % {"name": changed.name}, reverse("desk:relays"))
    return show_relay(request, relay, form)


def show_relay(
    request: DeskRequest, relay: Relay, form: RelayForm | None = None, *, hook_url: str = "", hook_problem: str = ""
) -> HttpResponse:
    """Show a relay's page. `hook_url`: a webhook address just created, which is shown this once."""
    relay_form = form or RelayForm(relay=relay, initial=_initial(relay))
    context = {
        "form": relay_form,
        "relay": relay,
        "tone": TONES[StateChoice(relay.state)],
        "warm": _warm(relay.id),
        "can_hook": relay.kind in TAGGED,
        "hook_url": hook_url,
        "hook_problem": hook_problem,
        **_hook(relay),
    }
    return page(request, "relay", context, status=REFUSED if relay_form.errors or hook_problem else 200)


def relay_url(relay_id: int) -> str:
    return f"{reverse('desk:relay', args=[relay_id])}#hook"


HOOK_KEYS = {
    RelayKind.SES: (gettext_lazy("ARN of the SNS topic"), gettext_lazy("The topic that SES publishes events to.")),
    RelayKind.SENDGRID: (
        gettext_lazy("Verification key"),
        gettext_lazy("SendGrid shows it under Event Webhook, once signing is on."),
    ),
    RelayKind.MAILGUN: (
        gettext_lazy("HTTP webhook signing key"),
        gettext_lazy("Mailgun shows it under API security."),
    ),
}


def _hook(relay: Relay) -> dict[str, Any]:
    label, hint = HOOK_KEYS.get(RelayKind(relay.kind), ("", ""))
    address = f"{load_settings().public_url}/hooks/{relay.kind}/…"
    hook = RelayHook.objects.filter(relay=relay).first()
    return {"hook": hook, "hook_shown": address, "hook_key_label": label, "hook_key_hint": hint}


@desk("POST relays/<int:relay_id>/move/", "relay-move")
def move(request: DeskRequest, relay_id: int) -> HttpResponse:
    find_relay(relay_id)
    state = request.POST.get("state", "")
    if state not in StateChoice.values:
        raise Http404
    reason = request.POST.get("reason", "")[:500]
    relay = relays.move_relay(relay_id, StateChoice(state), by=audit.person(request.user), reason=reason)
    facts = {"name": relay.name, "state": StateChoice(state).label}
    return succeed(request, _("%(name)s is now: %(state)s.") % facts, reverse("desk:relays"))


@desk("POST relays/<int:relay_id>/test/", "relay-test")
def test(request: DeskRequest, relay_id: int) -> HttpResponse:
    relay = find_relay(relay_id)
    result, words = _try(relay)
    request.audit("relay.tested", subject=f"relay:{relay_id}", details={"name": relay.name, "result": result})
    {"error": messages.error, "plain": messages.warning, "ok": messages.success}[result](request, words)
    return see_other(reverse("desk:relay", args=[relay_id]))


def _try(relay: Relay) -> tuple[str, str]:
    try:
        config = spec_of(relay, load_settings()).config
        seen = check_relay(config, f"postmaster@{load_settings().service_domain}")
    except VaultError:
        return "error", _("We can't decrypt the login details with this host's keys. Enter them again.")
    except RelayUnavailable as problem:
        facts = {"name": relay.name, "said": f"{problem.code or ''} {problem.text}".strip()[:300]}
        words = _("%(name)s doesn't accept our messages: %(said)s") % facts
        return "error", f"{words} {HOW_TO_FIX.get(problem.stage, HOW_TO_FIX[Stage.CONNECT])}"
    if seen.tls:
        return "ok", _("%(name)s accepts our messages over an encrypted connection. Nothing was sent.") % {
            "name": relay.name
        }
    return "plain", _("%(name)s accepts our messages, but the connection isn't encrypted. Nothing was sent.") % {
        "name": relay.name
    }


@desk("POST relays/<int:relay_id>/warm-up/", "relay-warm-up")
def warm_up(request: DeskRequest, relay_id: int) -> HttpResponse:
    relay = find_relay(relay_id)
    choice, key = request.POST.get("wanted", ""), warm_up_limits.relay_key(relay_id)
    if choice == "start":
        warm_up_limits.start(key, by=audit.person(request.user))
        text = _("%(name)s starts with 50 messages a day and ramps up from there.")
    elif choice == "end":
        warm_up_limits.end(key, by=audit.person(request.user))
        text = _("%(name)s no longer has a daily limit.")
    else:
        raise Http404
    return succeed(request, text % {"name": relay.name}, reverse("desk:relay", args=[relay_id]))


@desk("POST relays/<int:relay_id>/remove/", "relay-remove")
def remove(request: DeskRequest, relay_id: int) -> HttpResponse:
    relay = find_relay(relay_id)
    try:
        relays.remove_relay(relay_id, by=audit.person(request.user))
    except relays.RelayError as error:
        form = RelayForm(relay=relay, initial=_initial(relay))
        context = {"form": form, "relay": relay, "tone": TONES[StateChoice(relay.state)], "problem": str(error)}
        return page(request, "relay", context, status=REFUSED)
    message = _("%(name)s and its login details have been deleted.") % {"name": relay.name}
    return succeed(request, message, reverse("desk:relays"))


def _warm(relay_id: int) -> dict[str, Any] | None:
    day = warm_up_limits.warming([warm_up_limits.relay_key(relay_id)]).get(warm_up_limits.relay_key(relay_id))
    if day is None:
        return None
    return {"day": day, "number": day.step + 1, "quota": quota(day.step)}


def find_relay(relay_id: int) -> Relay:
    return get_object_or_404(Relay.objects, id=relay_id)


def _initial(relay: Relay) -> dict[str, Any]:
    names = ("name", "kind", "host", "port", "tls", "pool", "account_id", "weight", "connections", "per_hour")
    values = {name: getattr(relay, name) for name in (*names, "return_path")}
    return {**values, "sends_from": "\n".join(relay.sends_from)}


def _show(form: RelayForm, error: relays.RelayError) -> None:
    for name, text in error.problems:
        form.add_error(name if name in form.fields else None, text)


@desk("POST relays/<int:relay_id>/hook/", "relay-hook")
def hook(request: DeskRequest, relay_id: int) -> HttpResponse:
    """Do what the pressed button says. A new address is shown on the answer to this request, and never again."""
    relay = find_relay(relay_id)
    by, choice, secret = audit.person(request.user), request.POST.get("wanted", ""), request.POST.get("secret", "")
    here = relay_url(relay_id)
    try:
        if choice == "create":
            address = hooks.create_hook(relay_id, by=by, secret=secret)
        elif choice in ("replace", "replace_now"):
            address = hooks.rotate_hook(relay_id, by=by, at_once=choice == "replace_now")
        elif choice == "key":
            hooks.set_hook_secret(relay_id, secret, by=by)
            return succeed(request, _("The key has been saved. Posts are checked against it from now on."), here)
        elif choice == "remove":
            hooks.remove_hook(relay_id, by=by)
            return succeed(request, _("The event webhook has been deleted. Its address no longer works."), here)
        else:
            raise Http404
    except RelayError as error:
        return show_relay(request, relay, hook_problem=str(error))
    except RelayHook.DoesNotExist:
        return see_other(here)
    return show_relay(request, relay, hook_url=address.url(load_settings().public_url))
