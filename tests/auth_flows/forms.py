"""The forms of a page, as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """One form: where it goes, what it would send, which fields a person fills, its buttons."""

    method: str
    action: str
    values: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self._named: dict[str, Form] = {}
        self._elsewhere: list[tuple[str, dict[str, str]]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = True
            self.forms.append(Form(told.get("method", "get").lower(), told.get("action", "")))
            self._named[told.get("id", "")] = self.forms[-1]
        elif tag in ("input", "textarea", "select", "button"):
            if "form" in told:
                self._elsewhere.append((tag, told))
            elif self._open:
                self._control(self.forms[-1], tag, told)

    def close(self) -> None:
        """Give the controls that name a form to it, wherever they stand."""
        super().close()
        for tag, told in self._elsewhere:
            if told["form"] in self._named:
                self._control(self._named[told["form"]], tag, told)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False

    def _control(self, form: Form, tag: str, told: dict[str, str]) -> None:
        name, kind = told.get("name", ""), told.get("type", "text").lower()
        if (tag == "button" and told.get("type", "submit") == "submit") or kind == "submit":
            form.buttons.append((name, told.get("value", "")))
        elif not name or tag == "button" or kind in ("button", "reset", "file"):
            return
        elif kind in ("radio", "checkbox"):
            if "checked" in told:
                form.values[name] = told.get("value", "on")
        else:
            form.values[name] = told.get("value", "")
            if kind != "hidden":
                form.asked.append(name)


def forms_of(html: str) -> list[Form]:
    """Every form of a page, in its order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.forms
