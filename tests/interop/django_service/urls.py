"""Where the service's pages are; the package's own are below `one-login/`, as it recommends."""

from django.urls import include, path

from tests.interop.django_service import views

urlpatterns = [
    path("", views.start),
    path("held", views.held),
    path("sign-out", views.sign_out),
    path("signed-out", views.signed_out),
    path("one-login/", include("govuk_onelogin_django.urls")),
]
