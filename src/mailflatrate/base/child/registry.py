"""The closed list of functions that may run in a child process, as "module:function": apps are layers above. Such a
function takes plain data and frozen dataclasses, needs neither Django nor the database nor a key, and declares its
return type. An exception in `raises` is passed on if its constructor's parameters are typed and are attributes of
the same name.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from types import GenericAlias
from typing import Any, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter

_BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")
MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ChildReader:
    """`cpu_seconds`: twice what the largest harmless input takes on the slowest machine we measured (16 megapixels:
    1.3 s), so that a busy machine refuses none. `memory_mb` is on top of the child's memory before it reads.
    Readers with `alone` run one at a time in each process.
    """

    function: str
    cpu_seconds: float = 2.0
    wall_seconds: float = 10.0
    memory_mb: int = 192
    answer_mb: int = 8
    alone: bool = False
    raises: tuple[str, ...] = ()


_HERE = "mailflatrate.base.child.probe"
_SHEETS = "mailflatrate.apps.intake.reading.spreadsheets"
_PREVIEW = "mailflatrate.apps.intake.reading.file_preview"
_TABLES = (f"{_SHEETS}:WorkbookRefused", "mailflatrate.apps.intake.reading.csv_rows:TableRefused")
_PICTURES = "mailflatrate.mail.images.pictures"
_MAIL = "mailflatrate.mail.untrusted_mail"
_HOOKS = "mailflatrate.mail.provider_events.reading"
READERS: Mapping[str, ChildReader] = {
    "mail.read": ChildReader(f"{_MAIL}:read_foreign_mail"),
    "mail.show": ChildReader(f"{_MAIL}:read_shown_mail"),
    "hook.post": ChildReader(
        f"{_HOOKS}:read_post",
        cpu_seconds=4,
        wall_seconds=30,
        memory_mb=256,
        answer_mb=32,
        raises=("mailflatrate.mail.provider_events.values:PostRefused",),
    ),
    "hook.event": ChildReader(f"{_HOOKS}:read_event", raises=("mailflatrate.mail.provider_events.values:PostRefused",)),
    "mail.file": ChildReader(f"{_MAIL}:read_mail_file", answer_mb=64),
    "table.preview": ChildReader(
        f"{_PREVIEW}:preview_table", cpu_seconds=2.6, memory_mb=200, answer_mb=16, raises=_TABLES
    ),
    "table.orders": ChildReader(f"{_PREVIEW}:find_date_orders", cpu_seconds=2.6, raises=_TABLES),
    "table.noes": ChildReader(
        "mailflatrate.apps.intake.reading.no_rows:find_unread_noes",
        cpu_seconds=12,
        wall_seconds=60,
        memory_mb=208,
        raises=_TABLES,
    ),
    "workbook.head": ChildReader(
        f"{_SHEETS}:read_first_rows",
        cpu_seconds=5,
        wall_seconds=30,
        memory_mb=208,
        answer_mb=32,
        raises=(f"{_SHEETS}:WorkbookRefused",),
    ),
    "workbook.rows": ChildReader(
        f"{_SHEETS}:read_rows", cpu_seconds=15, wall_seconds=60, memory_mb=208, raises=(f"{_SHEETS}:WorkbookRefused",)
    ),
    "picture.set": ChildReader(
        f"{_PICTURES}:read_picture_set",
        cpu_seconds=2.6,
        memory_mb=208,
        answer_mb=64,
        alone=True,
        raises=("mailflatrate.mail.images.picture_values:PictureRefused",),
    ),
    "picture.still": ChildReader(
        f"{_PICTURES}:read_still_picture",
        cpu_seconds=2.6,
        memory_mb=208,
        answer_mb=64,
        alone=True,
        raises=("mailflatrate.mail.images.picture_values:PictureRefused",),
    ),
    "picture.edit": ChildReader(
        "mailflatrate.mail.images.picture_edits:edit_picture",
        cpu_seconds=3,
        memory_mb=208,
        answer_mb=64,
        alone=True,
        raises=("mailflatrate.mail.images.picture_values:PictureRefused",),
    ),
    "probe": ChildReader(
        f"{_HERE}:probe", cpu_seconds=0.5, wall_seconds=2, memory_mb=128, raises=(f"{_HERE}:ProbeRefused",)
    ),
    "probe.spin": ChildReader(f"{_HERE}:spin", cpu_seconds=0.3, wall_seconds=2),
    "probe.alone": ChildReader(f"{_HERE}:probe", cpu_seconds=0.5, wall_seconds=1, alone=True),
    "page": ChildReader("mailflatrate.mail.fetched.linked_page:read_linked_page", cpu_seconds=2.4),
    "feed": ChildReader(
        "mailflatrate.mail.fetched.feed:read_feed",
        cpu_seconds=2.4,
        raises=("mailflatrate.mail.fetched.values:NoFeed",),
    ),
    "brand.sheets": ChildReader("mailflatrate.mail.fetched.site_brand:find_sheets"),
    "brand.read": ChildReader("mailflatrate.mail.fetched.site_brand:read_brand", cpu_seconds=2.4, memory_mb=192),
    "product.page": ChildReader("mailflatrate.mail.fetched.product_page:read_product", cpu_seconds=2.4, memory_mb=192),
    "product.feed": ChildReader(
        "mailflatrate.mail.fetched.product_feed:read_items",
        cpu_seconds=3,
        memory_mb=208,
        raises=("mailflatrate.mail.fetched.values:NoFeed",),
    ),
    "copied": ChildReader("mailflatrate.mail.fetched.copied_html:read_copied", cpu_seconds=2.4, memory_mb=192),
    **{
        f"content.{path.partition(':')[2]}": ChildReader(
            f"mailflatrate.{path}",
            cpu_seconds=2.4,
            memory_mb=160,
            raises=("mailflatrate.mail.source_errors:SourceRefused",),
        )
        for path in (
            "mail.content.compiler:compile_sources",
            "mail.content.compiler:merge_errors",
            "mail.content.compiler:facts",
            "mail.content.compiler:write_parts",
            "mail.content.compiler:write_page",
            "mail.content.compiler:variables",
            "mail.content.compiler:missing_values",
            "mail.content.compiler:work",
            "mail.content.compiler:as_html",
            "mail.content.compiler:as_body",
            "mail.content.compiler:as_text",
            "mail.content.landing_page:compile_page",
            "rules.gate.sample:spoken_of",
            "rules.gate.sample:judge_sample",
        )
    },
    "probe.stream": ChildReader(f"{_HERE}:count_slowly", cpu_seconds=0.5),
}


@dataclass(frozen=True, slots=True)
class Contract:
    reader: ChildReader
    function: Callable[..., Any]
    answer: TypeAdapter[Any]
    errors: tuple[tuple[type[Exception], TypeAdapter[Any]], ...]

    def dump_error(self, error: Exception) -> tuple[int, bytes] | None:
        """Return a declared exception as its number and its constructor's arguments; None for any other."""
        for number, (kind, adapter) in enumerate(self.errors):
            if type(error) is kind:
                return number, adapter.dump_json(tuple(getattr(error, name) for name in _parameters(kind)))
        return None

    def load_error(self, number: int, data: bytes) -> Exception:
        """Rebuild the exception that `dump_error` wrote. Raises ValueError for anything else."""
        kind, adapter = self.errors[number]
        return kind(*adapter.validate_json(data))


@cache
def contract(name: str) -> Contract:
    reader = READERS[name]
    function = _load(reader.function)
    answer = get_type_hints(function)["return"]
    if inspect.isgeneratorfunction(function):
        answer = get_args(answer)[0]
    kinds = [_load(path) for path in reader.raises]
    return Contract(reader, function, _adapter((answer,)), tuple((kind, _arguments(kind)) for kind in kinds))


def _adapter(types: tuple[Any, ...]) -> TypeAdapter[Any]:
    """Build the adapter of a tuple type; a configuration set here also applies to the dataclasses in it."""
    whole: Any = GenericAlias(tuple, types)
    return TypeAdapter(whole, config=_BYTES)


def _load(path: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def _parameters(kind: type[Exception]) -> list[str]:
    return list(inspect.signature(kind).parameters)


def _arguments(kind: type[Exception]) -> TypeAdapter[Any]:
    hints = get_type_hints(kind.__init__)
    return _adapter(tuple(hints[name] for name in _parameters(kind)))
