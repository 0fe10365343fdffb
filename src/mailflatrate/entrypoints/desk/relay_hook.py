"""A relay's event webhook: create, replace or end its address, and enter what its posts are checked against."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from mailflatrate.apps.delivery.relays import hooks
from mailflatrate.apps.delivery.relays.edit import RelayError
from mailflatrate.apps.delivery.relays.hook_tables import RelayHook
from mailflatrate.base import audit
from mailflatrate.entrypoints.desk import relays
from mailflatrate.entrypoints.desk.access import DeskRequest, desk
from mailflatrate.entrypoints.ui.posts import see_other, succeed
from mailflatrate.settings.schema import load_settings


@desk("POST relays/<int:relay_id>/hook/", "relay-hook")
def hook(request: DeskRequest, relay_id: int) -> HttpResponse:
    """Do what the pressed button says. A new address is shown on the answer to this request, and never again."""
    relay = relays.find_relay(relay_id)
    by, wanted, secret = audit.person(request.user), request.POST.get("wanted", ""), request.POST.get("secret", "")
    here = relays.relay_url(relay_id)
    try:
        if wanted == "create":
            address = hooks.create_hook(relay_id, by=by, secret=secret)
        elif wanted in ("replace", "replace_now"):
            address = hooks.rotate_hook(relay_id, by=by, at_once=wanted == "replace_now")
        elif wanted == "key":
            hooks.set_hook_secret(relay_id, secret, by=by)
            return succeed(request, _("The key has been saved. Posts are checked against it from now on."), here)
        elif wanted == "remove":
            hooks.remove_hook(relay_id, by=by)
            return succeed(request, _("The event webhook has been deleted. Its address no longer works."), here)
        else:
            raise Http404
    except RelayError as error:
        return relays.show_relay(request, relay, hook_problem=str(error))
    except RelayHook.DoesNotExist:
        return see_other(here)
    return relays.show_relay(request, relay, hook_url=address.url(load_settings().public_url))
