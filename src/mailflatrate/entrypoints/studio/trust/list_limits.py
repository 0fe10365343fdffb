"""Which lists a member sees: the choice on the team page, for members and for those who are invited (ADR 0048)."""

from collections.abc import Collection
from dataclasses import dataclass

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import people as people_actions
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.lists.models import MailingList
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.ui.posts import perform
from mailflatrate.rules.roles import Permission

ALL, SOME = "all", "some"


@dataclass(frozen=True, slots=True)
class ListChoice:
    is_limited: bool
    lists: list[tuple[int, str, bool]]

    @property
    def names(self) -> list[str]:
        return [name for _number, name, is_chosen in self.lists if is_chosen]


def list_names() -> dict[int, str]:
    return dict(MailingList.objects.order_by("-archived_at", "name", "id").values_list("id", "name"))


def choice_of(list_ids: Collection[int] | None, names: dict[int, str]) -> ListChoice:
    chosen = set(list_ids or ())
    return ListChoice(list_ids is not None, [(number, name, number in chosen) for number, name in names.items()])


def chosen_lists(post: QueryDict) -> list[int] | None:
    """Return the lists that a form chose, None for all of them. Raises Http404 for a list of another account."""
    if post.get("limit", ALL) != SOME:
        return None
    texts = post.getlist("lists")
    if not all(text.isascii() and text.isdecimal() and len(text) < 19 for text in texts):
        raise Http404
    numbers = {int(text) for text in texts}
    if len(numbers) != MailingList.objects.filter(id__in=numbers).count():
        raise Http404
    return sorted(numbers)


@studio("POST settings/team/<int:membership_id>/lists/", "team-limit", Permission.TEAM, logs="member.limited")
def limit(request: StudioRequest, membership_id: int) -> HttpResponse:
    membership = get_object_or_404(queries.members(), id=membership_id)
    list_ids = chosen_lists(request.POST)
    done = _("%(name)s now sees all lists.") if list_ids is None else _("%(name)s now sees only the lists you chose.")
    return perform(
        request,
        lambda: people_actions.limit_member(request.account.id, membership.id, list_ids, by=request.user),
        done % {"name": membership.user},
        reverse("studio:team"),
        refused=AccountError,
    )
