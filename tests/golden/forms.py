"""The forms of a page, filled as a browser would send them unchanged."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from golden.page_lines import Node, tree

NOT_SENT = {"file", "button", "image", "reset"}
PICKED = {"checkbox", "radio"}


@dataclass
class Form:
    """Where a form goes, and its fields."""

    action: str
    fields: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        if name and name != "csrfmiddlewaretoken":
            self.fields.setdefault(name, []).append(value)


def posting_forms(source: str, path: str) -> Iterator[Form]:
    """Yield the forms of the page at `path` that change something, one for each address; menus have none of its own."""
    root = tree(source)
    menus = {id(node) for menu in root.nodes() if menu.tag in ("aside", "footer") for node in menu.nodes()}
    seen = set()
    for node in root.nodes():
        action = node.attributes.get("action") or path
        is_posting = node.tag == "form" and node.attributes.get("method", "").lower() == "post"
        if is_posting and id(node) not in menus and action.startswith("/") and action not in seen:
            seen.add(action)
            yield _filled(Form(action), node, root)


def _filled(form: Form, node: Node, root: Node) -> Form:
    name = node.attributes.get("id", "")
    outside = [each for each in root.nodes() if name and each.attributes.get("form") == name]
    has_button = False
    for part in [*node.nodes(), *outside]:
        found = part.attributes
        if "disabled" in found or not found.get("name"):
            continue
        kind = found.get("type", "")
        if part.tag == "textarea":
            form.add(found["name"], part.text.removeprefix("\n"))
        elif part.tag == "select":
            for value in _chosen(part):
                form.add(found["name"], value)
        elif part.tag == "button" and kind in ("", "submit") and not has_button:
            has_button = True
            form.add(found["name"], found.get("value", ""))
        elif part.tag == "input" and kind not in NOT_SENT and (kind not in PICKED or "checked" in found):
            form.add(found["name"], found.get("value", "on" if kind in PICKED else ""))
    return form


def _chosen(select: Node) -> list[str]:
    options = [node for node in select.nodes() if node.tag == "option" and "disabled" not in node.attributes]
    chosen = [node for node in options if "selected" in node.attributes]
    if not chosen and "multiple" not in select.attributes:
        chosen = options[:1]
    return [node.attributes.get("value", " ".join(node.text.split())) for node in chosen]
