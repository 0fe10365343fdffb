"""Who works for the account, and in which role."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from mailflatrate.apps.accounts import actions, queries
from mailflatrate.apps.accounts.errors import AccountError
from mailflatrate.apps.accounts.models import Membership, NoticeKind, Role, User
from mailflatrate.entrypoints.web.studio.access import StudioRequest, see_other, studio
from mailflatrate.entrypoints.web.studio.trust.common import owners_change, page
from mailflatrate.settings import load_settings

RIGHTS = {
    Role.OWNER: gettext_lazy("everything, with agreements and people"),
    Role.EDITOR: gettext_lazy("lists, mailings, senders and imprint"),
    Role.VIEWER: gettext_lazy("only looks"),
}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One person. `waits`: invited, and never signed in."""

    membership: Membership
    waits: bool
    is_me: bool


class InviteForm(forms.Form):
    """Whom to invite."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role.choices, initial=Role.EDITOR)


def find_member(membership_id: int) -> Membership:
    """The account's own member. Raises Http404 for anybody else."""
    found = queries.members().filter(id=membership_id).first()
    if found is None:
        raise Http404
    return found


def _waits(user: User) -> bool:
    """Invited and never here; somebody who signs in with a passkey has no password either."""
    return not user.has_usable_password() and user.last_login is None


def send_invitation(request: StudioRequest, user: User) -> None:
    """Write to an invited person: with a link that sets the password where there is none yet."""
    settings = load_settings()
    with translation.override(user.language):
        facts = {
            "person": str(request.user), "account": request.account.name, "service": settings.service_name,
            "url": settings.public_url + reverse("account_login"),
        }  # fmt: skip
        text = _("%(person)s lets you work for %(account)s at %(service)s. Sign in here:\n\n%(url)s\n")
        if _waits(user):
            facts["url"] = actions.password_link(user)
            text = _(
                "%(person)s invites you to work for %(account)s at %(service)s. Choose your password here; the link"
                " works once and for three days:\n\n%(url)s\n\nIf you expect no invitation, do nothing.\n"
            )
        subject = _("Invitation to %(account)s") % facts
    actions.send_notice(actions.house_account().id, NoticeKind.ACCESS, user.email, subject=subject, text=text % facts)


def _team_page(request: StudioRequest, form: InviteForm) -> HttpResponse:
    rows = [MemberRow(row, _waits(row.user), row.user_id == request.user.id) for row in queries.members()]
    rights = [(role.label, RIGHTS[role]) for role in Role]
    context = {"rows": rows, "form": form, "roles": Role.choices, "rights": rights}
    return page(request, "studio/trust/people.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@studio
@owners_change
def team(request: StudioRequest) -> HttpResponse:
    """All people; a POST invites one more."""
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            membership = actions.invite(
                request.account.id, found["email"], name=found["name"], role=Role(found["role"]),
                language=request.account.language,
            )  # fmt: skip
        except AccountError as problem:
            form.add_error("email", str(problem))
        else:
            send_invitation(request, membership.user)
            messages.success(
                request, _("The invitation to %(email)s is on its way.") % {"email": membership.user.email}
            )
            return see_other(reverse("studio:standing-people"))
    return _team_page(request, form)


@require_POST
@studio
@owners_change
def invite_again(request: StudioRequest, membership_id: int) -> HttpResponse:
    """Send the invitation once more; an earlier link stays good until it is used."""
    user = find_member(membership_id).user
    if _waits(user):
        send_invitation(request, user)
        messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": user.email})
    return see_other(reverse("studio:standing-people"))


@require_POST
@studio
@owners_change
def role(request: StudioRequest, membership_id: int) -> HttpResponse:
    """Give a person another role."""
    membership = find_member(membership_id)
    chosen = request.POST.get("role")
    if chosen not in Role.values:
        raise Http404
    try:
        actions.change_role(request.account.id, membership.id, Role(chosen))
    except AccountError as problem:
        messages.error(request, str(problem))
    else:
        words = _("%(name)s: the role is now %(role)s.")
        messages.success(request, words % {"name": membership.user, "role": Role(chosen).label})
    return see_other(reverse("studio:standing-people"))


@require_POST
@studio
@owners_change
def remove(request: StudioRequest, membership_id: int) -> HttpResponse:
    """Let a person work for this account no more."""
    membership = find_member(membership_id)
    try:
        actions.remove_member(request.account.id, membership.id)
    except AccountError as problem:
        messages.error(request, str(problem))
        return see_other(reverse("studio:standing-people"))
    messages.success(request, _("%(name)s works for this account no more.") % {"name": membership.user})
    mine = membership.user_id == request.user.id
    return see_other(reverse("studio:home") if mine else reverse("studio:standing-people"))
