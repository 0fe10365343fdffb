"""The world that the crawl looks at: Anna's filled account and her colleagues, newcomers, and the operator's people."""

from dataclasses import dataclass, field

from django.test import Client

from golden.extras import add_extras, applicant, keys
from golden.fixed import CLOCK
from golden.objects import listed
from golden.tokens import sealed
from mailflatrate.apps.accounts.actions.people import limit_member
from mailflatrate.apps.accounts.models import Membership, Role, User
from mailflatrate.apps.domains.models import MailDomain
from mailflatrate.base import tenancy
from support.customers import Customer
from support.desk import desk
from support.neighbours import Neighbours
from support.people import browser, operator, person

STAFF = {"admin": Role.ADMIN, "editor": Role.EDITOR, "author": Role.AUTHOR, "viewer": Role.VIEWER}


@dataclass
class World:
    """What the crawl needs to know: the cookies of each role's browser, and the addresses of objects by pattern."""

    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    objects: dict[str, list[str]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    anna: dict[str, int] = field(default_factory=dict)

    def admit(self, role: str, client: Client) -> None:
        """Keep a browser."""
        self.cookies[role] = {name: morsel.value for name, morsel in client.cookies.items()}


def _limited(anna: Customer) -> User:
    """A colleague who sees only the first list."""
    mia = person(anna.account_id, "Limited Ahlers", Role.EDITOR)
    with tenancy.account(anna.account_id):
        membership = Membership.objects.get(user=mia)
    limit_member(anna.account_id, membership.id, [anna.list_id], by=anna.owner)
    return mia


def build(owner_url: str) -> World:
    """Fill the database."""
    world = World()
    for domain in ("briefkasten-lindenhof.de", "lindenhof.example"):
        MailDomain.objects.create(domain=domain, resolves=True, null_mx=False, checked_at=CLOCK.now())
    neighbours = Neighbours()
    anna = neighbours.anna
    world.admit("anonymous", Client())
    world.admit("owner", anna.client)
    for name, role in STAFF.items():
        world.admit(name, browser(person(anna.account_id, f"{name.title()} Ahlers", role)))
    world.admit("limited editor", browser(_limited(anna)))
    world.admit("starter", Customer.vetted("Blumen Leer", "Lea Leer").signed_in().client)
    world.admit("newcomer", Customer.applying("Blumen Neu", "Nele Neu").signed_in().client)
    otto = desk()
    world.admit("operator", otto.client)
    world.admit("operator without a code", browser(operator("Olga")))
    world.admit("applicant", applicant())
    secret = add_extras(anna, otto)
    world.keys = keys(anna)
    for client, home in ((anna.client, "/studio/"), (otto.client, "/desk/")):
        client.get(home)  # shows what the world's making had to say, so that no other page does
    world.objects = listed(owner_url, anna.account_id) | sealed(owner_url, anna.account_id) | secret
    world.anna = {"account": anna.account_id, "owner": anna.owner.id, "list": anna.list_id, "sender": anna.sender_id}
    return world
