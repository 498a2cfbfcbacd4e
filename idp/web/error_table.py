"""The one error table: for each kind of error its status and its words."""

from dataclasses import dataclass
from enum import Enum

from flask_babel import LazyString
from flask_babel import lazy_gettext as _


@dataclass(frozen=True, slots=True)
class Row:
    """How one kind of error is told: status, words, and after how many seconds to come back."""

    status: int
    heading: LazyString
    words: tuple[LazyString, ...]
    plain: str
    retry_after: int | None = None
    steps: tuple[LazyString, ...] = ()
    """What to do, one thing after the other."""


class Kind(Enum):
    """The table. `plain` is for programs and stays English, as protocol errors do."""

    BAD_REQUEST = Row(
        400,
        _("We could not understand that request"),
        (
            _("Something in the address or the form you sent was missing or malformed."),
            _("Go back and try again. If you followed a link, start again from the service."),
        ),
        "The request could not be understood",
    )
    PROTOCOL = Row(
        400,
        _("There is a problem with the service you came from"),
        (
            _("The service sent you here with a request that we cannot accept."),
            _("You did nothing wrong. We have not sent you back, to keep you safe."),
            _("You can tell the service what happened. This is what we would tell them:"),
        ),
        "Invalid request",
    )
    FORBIDDEN = Row(
        403,
        _("You cannot open this page"),
        (_("This page is not available to you."),),
        "Forbidden",
    )
    SUSPENDED = Row(
        403,
        _("Your account is suspended"),
        (
            _("We are checking something about this account."),
            _("You cannot sign in until we have finished, which usually takes 3 working days."),
        ),
        "This account is suspended",
    )
    BLOCKED = Row(
        403,
        _("You cannot use this account"),
        (_("This account was closed to protect people. It cannot be opened again."),),
        "This account is closed",
    )
    FOREIGN_FORM = Row(
        403,
        _("We could not accept that form"),
        (
            _("It was open for too long, or it did not come from one of our pages."),
            _("Go back, reload the page and send the form again."),
        ),
        "The form did not come from one of our pages",
    )
    NO_COOKIES = Row(
        403,
        _("Your browser is not keeping our cookies"),
        (
            _("We need cookies to keep you signed in and to protect the forms you send."),
            _("They are turned off in this browser, or not allowed for this site. To go on:"),
        ),
        "Cookies are needed",
        steps=(
            _("Open the settings of your browser."),
            _("Look for a part called privacy, site data or cookies."),
            _("Allow cookies, for all sites or for this one."),
            _("Open the service that you wanted to use, and start again from there."),
        ),
    )
    OTHER_BROWSER = Row(
        403,
        _("You started this in another browser"),
        (
            _("A sign-in can only be finished in the browser it was started in."),
            _("Go back to that browser, or start again from the service."),
            _("If you used no other, this browser is not keeping our cookies: turn them on first."),
        ),
        "This sign-in belongs to another browser",
    )
    NOT_FOUND = Row(
        404,
        _("Page not found"),
        (
            _("If you typed the address, check that it is right."),
            _("If you pasted it, check that you copied all of it."),
        ),
        "Not found",
    )
    METHOD = Row(
        405,
        _("You cannot open this page directly"),
        (_("This address only takes forms from our own pages. Start again from the service."),),
        "Method not allowed",
    )
    EXPIRED = Row(
        410,
        _("This sign-in has expired"),
        (
            _("You did not finish in time, so we stopped to keep you safe."),
            _("Start again from the service you want to use."),
        ),
        "This sign-in has expired",
    )
    NO_JOURNEY = Row(
        410,
        _("You cannot open this page directly"),
        (
            _("It is part of a sign-in that ended long ago, or that never began."),
            _("Start again from the service you want to use."),
        ),
        "There is no such sign-in",
    )
    GONE = Row(
        410,
        _("You have to start again"),
        (
            _("What this page was about was deleted, or you were signed out, in the meantime."),
            _("Nothing of what you just sent was kept. Sign in and start again."),
        ),
        "What this was about is gone",
    )
    FINISHED = Row(
        410,
        _("You have already finished here"),
        (_("You cannot go back to this page. Carry on in the service, or start again from it."),),
        "This sign-in is finished",
    )
    SIGNED_OUT = Row(
        410,
        _("You have been signed out"),
        (
            _("You signed out in another tab, or did nothing for so long that we signed you out."),
            _("What you sent was not kept. Sign in again to go on."),
        ),
        "You are signed out",
    )
    TOO_LARGE = Row(
        413,
        _("That was too much to send"),
        (_("The form you sent is larger than we accept. Go back and shorten it."),),
        "The request is too large",
    )
    ADDRESS_TOO_LONG = Row(
        414,
        _("That address is too long"),
        (_("Start again from the service you want to use."),),
        "The address is too long",
    )
    TOO_MANY = Row(
        429,
        _("Too many requests"),
        (_("Your network has sent us very many requests. Wait a minute, then try again."),),
        "Too many requests",
        retry_after=60,
    )
    BROKEN = Row(
        500,
        _("Sorry, something went wrong"),
        (
            _("Try again later. What you had already finished is kept."),
            _("If it happens again, tell us the reference below."),
        ),
        "Something went wrong",
        retry_after=None,
    )
    BUSY = Row(
        503,
        _("Very many people are signing in"),
        (_("We could not check your password just now. Wait a few seconds, then try again."),),
        "Too busy, try again",
        retry_after=2,
    )
    UNAVAILABLE = Row(
        503,
        _("Sorry, the service is unavailable"),
        (
            _("You can try again in a few minutes. What you had already finished is kept."),
            _("If it lasts, tell us the reference below."),
        ),
        "Unavailable, try again later",
        retry_after=10,
    )
