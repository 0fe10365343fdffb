"""Who works for the account, and in which role."""

from dataclasses import dataclass
from functools import partial

from django import forms
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailflatrate.apps.accounts import queries
from mailflatrate.apps.accounts.actions import invitations as invitations_actions
from mailflatrate.apps.accounts.actions import people as people_actions
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Invitation, Membership, Role
from mailflatrate.base import clock
from mailflatrate.entrypoints.studio.access import StudioRequest, studio
from mailflatrate.entrypoints.studio.common import page
from mailflatrate.entrypoints.studio.page_rights import may_open
from mailflatrate.entrypoints.studio.trust.list_limits import ListChoice, choice_of, chosen_lists, list_names
from mailflatrate.entrypoints.ui.menu import SETTINGS, Tab
from mailflatrate.entrypoints.ui.posts import perform, succeed
from mailflatrate.rules.roles import Permission, grantable_by
from mailflatrate.settings import load_settings

RIGHTS = {
    Role.OWNER: gettext_lazy("everything, including agreements and security"),
    Role.ADMIN: gettext_lazy("everything an editor can do, plus team, API keys, exports and general settings"),
    Role.EDITOR: gettext_lazy("lists, forms, campaigns and their release, senders and imprint"),
    Role.AUTHOR: gettext_lazy("writes campaigns, templates and images, and asks a colleague to release them"),
    Role.VIEWER: gettext_lazy("view only"),
}


@dataclass(frozen=True, slots=True)
class MemberRow:
    membership: Membership
    is_me: bool
    is_mine_to_change: bool
    choice: ListChoice

    @property
    def is_mine_to_limit(self) -> bool:
        return self.is_mine_to_change and not self.is_me and self.membership.role != Role.OWNER


class InviteForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("Email address"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), initial=Role.EDITOR)

    def __init__(self, data: QueryDict | None = None, *, roles: list[tuple[str, str]]) -> None:
        super().__init__(data)
        self.fields["role"].choices = roles  # type: ignore[attr-defined]


def find_member(membership_id: int) -> Membership:
    return get_object_or_404(queries.members(), id=membership_id)


def invitation_url(token: str) -> str:
    return load_settings().public_url + reverse("invitation", kwargs={"token": token})


def _choices(request: StudioRequest) -> list[tuple[str, str]]:
    return [(role.value, str(Role(role.value).label)) for role in grantable_by(request.membership.role)]


def _team_page(request: StudioRequest, form: InviteForm) -> HttpResponse:
    may_manage = may_open(request.membership, "team", writes=True)
    mine = grantable_by(request.membership.role) if may_manage else ()
    me, names, now = request.user.id, list_names(), clock.now()
    rows = [
        MemberRow(row, row.user_id == me, row.role in mine, choice_of(row.list_ids, names)) for row in queries.members()
    ]
    invitations = [(row, row.expires_at <= now, choice_of(row.list_ids, names)) for row in queries.open_invitations()]
    context = {
        "rows": rows,
        "form": form,
        "roles": _choices(request),
        "role_words": [(role.label, RIGHTS[role]) for role in Role],
        "invitations": invitations,
        "choice": choice_of(_asked_lists(request), names),
    }
    return page(request, "studio/trust/team.html", context)


def _asked_lists(request: StudioRequest) -> list[int] | None:
    return chosen_lists(request.POST) if request.method == "POST" else None


@studio(
    "GET|POST settings/team/",
    "team",
    Permission.TEAM,
    limited=True,
    logs="invitation.sent",
    tab=Tab(SETTINGS, gettext_lazy("Team"), gettext_lazy("users, colleagues, invite, roles, permissions"), place=10),
)
def team(request: StudioRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, roles=_choices(request))
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        try:
            invitation = invitations_actions.invite(
                request.account.id,
                fields["email"],
                name=fields["name"],
                role=Role(fields["role"]),
                language=request.account.language,
                by=request.user,
                url=invitation_url,
                list_ids=chosen_lists(request.POST),
            )
        except AccountError as problem:
            form.add_error("email", str(problem))
        else:
            return succeed(request, _sent(invitation), reverse("studio:team"))
    return _team_page(request, form)


def _sent(invitation: Invitation) -> str:
    return _("We've sent the invitation to %(email)s.") % {"email": invitation.email}


@studio(
    "POST settings/team/invitations/<int:invitation_id>/again/",
    "team-invite-again",
    Permission.TEAM,
    logs="invitation.sent_again",
)
def invite_again(request: StudioRequest, invitation_id: int) -> HttpResponse:
    """Resend the invitation with a new link; the earlier one becomes invalid."""
    _find_invitation(invitation_id)
    send_again = partial(
        invitations_actions.send_again, request.account.id, invitation_id, by=request.user, url=invitation_url
    )
    return perform(request, send_again, _sent, reverse("studio:team"), refused=AccountError)


@studio(
    "POST settings/team/invitations/<int:invitation_id>/withdraw/",
    "team-invite-withdraw",
    Permission.TEAM,
    logs="invitation.withdrawn",
)
def withdraw_invitation(request: StudioRequest, invitation_id: int) -> HttpResponse:
    _find_invitation(invitation_id)
    return perform(
        request,
        partial(invitations_actions.withdraw, request.account.id, invitation_id, by=request.user),
        lambda gone: _("The invitation to %(email)s has been withdrawn.") % {"email": gone.email},
        reverse("studio:team"),
        refused=AccountError,
    )


def _find_invitation(invitation_id: int) -> None:
    if not queries.open_invitations().filter(id=invitation_id).exists():
        raise Http404


@studio("POST settings/team/<int:membership_id>/role/", "team-role", Permission.TEAM, logs="member.role_changed")
def role(request: StudioRequest, membership_id: int) -> HttpResponse:
    membership = find_member(membership_id)
    chosen = request.POST.get("role")
    if chosen not in Role.values:
        raise Http404
    done = _("%(name)s now has the role %(role)s.") % {"name": membership.user, "role": Role(chosen).label}
    change = partial(people_actions.change_role, request.account.id, membership.id, Role(chosen), by=request.user)
    return perform(request, change, done, reverse("studio:team"), refused=AccountError)


@studio("POST settings/team/<int:membership_id>/remove/", "team-remove", Permission.TEAM, logs="member.removed")
def remove(request: StudioRequest, membership_id: int) -> HttpResponse:
    membership = find_member(membership_id)
    done = _("%(name)s no longer has access to this account.") % {"name": membership.user}
    remove_member = partial(people_actions.remove_member, request.account.id, membership.id, by=request.user)
    people = reverse("studio:team")
    to = reverse("studio:home") if membership.user_id == request.user.id else people
    return perform(request, remove_member, done, to, refused=AccountError, back=people)
