"""The page of recovery codes, wherever it stands: codes are made, shown once, and said to be saved.

Making and showing is one answer to one post, so neither a reload nor Back shows them again. What
the page needs of them afterwards travels with it, sealed (`idp.domain.recovery_codes`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, make_response, redirect, request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, ValidationError

from idp.domain import recovery_codes, second_factors
from idp.domain.accounts import Account
from idp.domain.recovery_codes import Shown
from idp.web import current, i18n
from idp.web.errors import Kind, PageRefused
from idp.web.forms import CheckField, Form
from idp.web.layout import show

FILE_NAME = "onepass-recovery-codes.txt"
SEE_OTHER = 303
_NUMBER = re.compile(r"[0-9]{1,8}", re.ASCII)


class SavedForm(Form):
    """Have you saved these codes? `parcel` is the page's own, so that it can be shown again."""

    saved = CheckField(_("I have saved these codes"))
    parcel = HiddenField()

    def validate_saved(self, field: CheckField) -> None:
        """Raise ValidationError unless it is ticked."""
        if not field.data:
            raise ValidationError(_("Confirm that you have saved your codes"))


@dataclass(frozen=True, slots=True)
class Place:
    """Whose codes, and where their owner goes when they have saved them."""

    account: Account
    after: str
    frame: str = "layout.html"
    """The template of the pages among which this one stands."""
    back: str | None = None
    asks_twice: bool = False
    """Whether the page can be opened again for another set."""
    may_make: Callable[[], bool] = lambda: True
    """Asked once for each set; if it says no, the page is opened anew."""


def answer(place: Place) -> Response:
    """Answer a request for the page; its address is the one that was asked for."""
    if request.method != "POST":
        return _look(place, None)
    match request.form.get("do", ""):
        case "save":
            return _save(place)
        case "make" if Form().accepted():
            return _make(place)
        case "file" if Form().accepted():
            return _file(place)
    raise PageRefused(Kind.BAD_REQUEST)


def _make(place: Place) -> Response:
    replacing = request.form.get("replacing", "")
    if not _NUMBER.fullmatch(replacing) or not place.may_make():
        return _again()
    shown = second_factors.make_recovery_codes(
        current.session(),
        current.services(),
        place.account,
        replacing=int(replacing),
        device=current.device(),
    )
    return _again() if shown is None else _look(place, shown)


def _save(place: Place) -> Response:
    form, session = SavedForm(), current.session()
    if form.accepted():
        recovery_codes.saved(session, place.account.id, current.now())
        return make_response(redirect(place.after, SEE_OTHER))
    parcel = form.parcel.data or ""
    shown = recovery_codes.show_again(session, current.services(), place.account.id, parcel)
    return _look(place, shown, form)


def _file(place: Place) -> Response:
    codes = recovery_codes.to_keep(
        current.session(), current.services(), place.account.id, request.form.get("parcel", "")
    )
    if codes is None:
        return _again()
    response = make_response(_text(codes))
    response.mimetype = "text/plain"
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return response


def _again() -> Response:
    """Open the page anew: this one was sent before, or is over."""
    return make_response(redirect(request.path, SEE_OTHER))


def _look(place: Place, shown: Shown | None, form: SavedForm | None = None) -> Response:
    facts = recovery_codes.facts(current.session(), place.account.id)
    form = form or SavedForm(formdata=None)
    form.parcel.data = shown.parcel if shown else ""
    return show(
        "recovery_codes.html",
        form=form,
        codes=shown.codes if shown else (),
        parcel=form.parcel.data,
        facts=facts,
        waiting=facts.shown and not facts.saved,
        left=codes_left(facts.left),
        asks_twice=place.asks_twice,
        frame=place.frame,
        section="security",
        back=place.back,
    )


def codes_left(count: int) -> str:
    """Return in words how many codes are left."""
    return str(ngettext("%(num)d recovery code left", "%(num)d recovery codes left", count))


def _text(codes: tuple[str, ...]) -> str:
    lines = [
        gettext("Onepass recovery codes"),
        gettext("Made on %(time)s", time=i18n.date_and_time(current.now())),
        "",
        *(recovery_codes.in_groups(code) for code in codes),
        "",
        gettext("Each code works once. Keep them where only you can find them."),
        "",
    ]
    return "\r\n".join(lines)
