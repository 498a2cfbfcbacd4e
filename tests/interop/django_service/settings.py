"""Settings of the service; those of `govuk-onelogin-django` come from the environment."""

import os
import secrets

DEBUG = False
SECRET_KEY = secrets.token_urlsafe(32)
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "tests.interop.django_service.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "govuk_onelogin_django",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
AUTHENTICATION_BACKENDS = ["govuk_onelogin_django.backends.OneLoginBackend"]
DATABASES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["DJANGO_DATABASE"]}
}
USE_TZ = True
LOGIN_URL = "/"
LOGIN_REDIRECT_URL = "/held"

# The two last are what a service that only signs people in asks for (wire contract section 8).
GOV_UK_ONE_LOGIN_OPENID_CONFIG_URL = os.environ["GOV_UK_ONE_LOGIN_OPENID_CONFIG_URL"]
GOV_UK_ONE_LOGIN_CLIENT_ID = os.environ["GOV_UK_ONE_LOGIN_CLIENT_ID"]
GOV_UK_ONE_LOGIN_CLIENT_SECRET = os.environ["GOV_UK_ONE_LOGIN_CLIENT_SECRET"]
GOV_UK_ONE_LOGIN_SCOPE = "openid email"
GOV_UK_ONE_LOGIN_AUTHENTICATION_LEVEL = "Cl.Cm"
GOV_UK_ONE_LOGIN_CONFIDENCE_LEVEL = "P0"
