"""Pages of declared parts: a list by columns, a form by fields (`parts/list_page.html`, `parts/form_page.html`)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from mailflatrate.entrypoints.presenters.sentences import error_sentence
from mailflatrate.entrypoints.ui.posts import succeed

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Column:
    """`draw` is the component that draws the cell: "badge" of (text, tone), or "cell" of (title, text, URL)."""

    label: "StrOrPromise"
    cell: Callable[[Any], object]
    numeric: bool = False
    draw: str = ""


@dataclass(frozen=True, slots=True)
class ListPage:
    """A new row is made on the page `new`, or with a form on the list itself. `refused` are the exceptions whose
    sentence becomes an error of the form, or of its field `blamed`.
    """

    name: str
    title: "StrOrPromise"
    columns: Sequence[Column]
    icon: str
    empty: "StrOrPromise"
    empty_text: "StrOrPromise" = ""
    intro: "StrOrPromise" = ""
    new: str = ""
    new_label: "StrOrPromise" = ""
    save_label: "StrOrPromise" = ""
    refused: type[Exception] | tuple[type[Exception], ...] = ()
    blamed: str | None = None

    def context(self, rows: Iterable[Any], **context: Any) -> dict[str, Any]:
        cells = [[(column, column.cell(row)) for column in self.columns] for row in rows]
        return {"list": self, "rows": cells, "new_url": reverse(self.new) if self.new else "", **context}

    def form_context(self, title: str, form: forms.Form, **context: Any) -> dict[str, Any]:
        return {"title": title, "form": form, "back": self.title, "back_url": reverse(self.name), **context}

    def save(
        self, request: HttpRequest, form: forms.Form, action: Callable[[], T], done: str | Callable[[T], str]
    ) -> HttpResponse | None:
        """Carry out a valid POST and redirect to the list; None if the page with the form has to be shown."""
        if request.method != "POST" or not form.is_valid():
            return None
        try:
            result = action()
        except self.refused as error:
            form.add_error(self.blamed, error_sentence(error))
            return None
        return succeed(request, done if isinstance(done, str) else done(result), reverse(self.name))


@dataclass(frozen=True, slots=True)
class Confirmation:
    url: str
    question: str
    text: str
    button: str


def link(text: object, url: str, style: str = "cell-title break-words") -> SafeString:
    return format_html('<a class="{}" href="{}">{}</a>', style, url, text)


def text(words: object, style: str = "cell-text break-words") -> SafeString:
    return format_html('<span class="{}">{}</span>', style, words)


def number(count: int) -> str:
    return str(intcomma(count))
