"""The account's tags: read them, and add or remove them for many contacts at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from mailflatrate.apps.lists.errors import ListError
from mailflatrate.apps.lists.models import ContactTag, Tag
from mailflatrate.base import tenancy
from mailflatrate.rules.contacts.tags import (
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_TAGS_AT_ONCE,
    TagColor,
    TagFault,
    next_color,
    tag_fault,
    tag_name,
)


@dataclass(frozen=True, slots=True)
class TagInfo:
    """A tag, and how many contacts have it."""

    id: int
    name: str
    color: TagColor
    people: int


def tags() -> list[Tag]:
    return list(Tag.objects.order_by("folded"))


def tag_table() -> list[TagInfo]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.id, t.name, t.color, n.people FROM tag t
            CROSS JOIN LATERAL (
                SELECT count(*) AS people FROM contact_tag ct WHERE ct.account_id = t.account_id AND ct.tag_id = t.id
            ) n WHERE t.account_id = %s ORDER BY t.folded""",
            [tenancy.current_account_id()],
        )
        return [TagInfo(tag_id, name, TagColor(color), people) for tag_id, name, color, people in cursor.fetchall()]


def tags_of(contact_ids: Sequence[int]) -> dict[int, list[Tag]]:
    """By name; contacts without any are missing."""
    by_contact: dict[int, list[Tag]] = {}
    rows = ContactTag.objects.filter(contact_id__in=list(contact_ids)).select_related("tag").order_by("tag__folded")
    for row in rows:
        by_contact.setdefault(row.contact_id, []).append(row.tag)
    return by_contact


def checked_name(text: str) -> str:
    """As stored. Raises ListError."""
    name = tag_name(text)
    texts = {
        TagFault.EMPTY: _("enter a name for the tag"),
        TagFault.TOO_LONG: _("a tag can have up to %(limit)d characters") % {"limit": MAX_TAG_CHARACTERS},
        TagFault.SEPARATOR: _("a tag can't contain a comma, ; or |, which separate tags"),
        TagFault.SPECIAL: _(
            "“%(name)s” is about health, belief, origin, politics or sex life. The law gives such data special "
            "protection and email doesn't need it, so it isn't stored here"
        )
        % {"name": name},
    }
    fault = tag_fault(name)
    if fault is not None:
        raise ListError(texts[fault])
    return name


def ensure_tags(names: Iterable[str]) -> list[int]:
    """In order, without duplicates; new ones are created. Raises ListError."""
    names_by_key = {name.casefold(): name for name in map(checked_name, names)}
    if len(names_by_key) > MAX_TAGS_AT_ONCE:
        raise ListError(_("name up to %(limit)d tags at once") % {"limit": MAX_TAGS_AT_ONCE})
    tag_ids = known_or_new(names_by_key)
    return [tag_ids[folded] for folded in names_by_key]


def known_or_new(names: dict[str, str]) -> dict[str, int]:
    """By folded name; new ones are created. Raises ListError."""
    tag_ids = dict(Tag.objects.filter(folded__in=list(names)).values_list("folded", "id"))
    missing = [folded for folded in names if folded not in tag_ids]
    if not missing:
        return tag_ids
    count = Tag.objects.count()
    if count + len(missing) > MAX_TAGS:
        raise ListError(_("an account can have up to %(limit)d tags") % {"limit": MAX_TAGS})
    account_id = tenancy.current_account_id()
    Tag.objects.bulk_create(
        [
            Tag(account_id=account_id, name=names[folded], folded=folded, color=next_color(count + number))
            for number, folded in enumerate(missing)
        ],
        ignore_conflicts=True,  # another request may create it at the same time
    )
    return dict(Tag.objects.filter(folded__in=list(names)).values_list("folded", "id"))


def give_tags(contact_ids: Sequence[int], tag_ids: Sequence[int]) -> list[int]:
    """Return the contacts that lacked one. Unknown ids are ignored."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO contact_tag (account_id, tag_id, contact_id)
            SELECT c.account_id, t.id, c.id FROM contact c JOIN tag t ON t.account_id = c.account_id
            WHERE c.account_id = %s AND c.id = ANY(%s) AND t.id = ANY(%s)
            ORDER BY c.id, t.id FOR KEY SHARE OF t ON CONFLICT DO NOTHING RETURNING contact_id""",
            [tenancy.current_account_id(), list(contact_ids), list(tag_ids)],
        )
        return sorted({int(contact_id) for (contact_id,) in cursor.fetchall()})


def take_tags(contact_ids: Sequence[int], tag_ids: Sequence[int]) -> list[int]:
    """Return the contacts that had one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM contact_tag WHERE account_id = %s AND contact_id = ANY(%s) AND tag_id = ANY(%s)
            RETURNING contact_id""",
            [tenancy.current_account_id(), list(contact_ids), list(tag_ids)],
        )
        return sorted({int(contact_id) for (contact_id,) in cursor.fetchall()})
