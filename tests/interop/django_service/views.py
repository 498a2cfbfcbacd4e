"""The service's own pages: what it holds about whoever looks, and the way out."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from govuk_onelogin_django.utils import TOKEN_SESSION_KEY, get_one_login_logout_url


def start(_request: HttpRequest) -> HttpResponse:
    """The page that offers to sign in."""
    return HttpResponse("Sign in with Onepass", content_type="text/plain")


def held(request: HttpRequest) -> HttpResponse:
    """What the service knows of this browser; 401 when nobody is signed in."""
    if not request.user.is_authenticated:
        return JsonResponse({"user": None}, status=401)
    return JsonResponse(
        {
            "user": request.user.get_username(),
            "email": request.user.email,
            "session": request.session.session_key,
            "tokens": request.session[TOKEN_SESSION_KEY],
        }
    )


def sign_out(request: HttpRequest) -> HttpResponse:
    """Forget this browser, and let the provider do the same."""
    address = get_one_login_logout_url(request, request.build_absolute_uri("/signed-out"))
    logout(request)
    return redirect(address)


def signed_out(_request: HttpRequest) -> HttpResponse:
    """Where the provider sends people who have signed out."""
    return HttpResponse("You have signed out", content_type="text/plain")
