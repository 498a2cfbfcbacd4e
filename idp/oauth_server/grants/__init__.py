"""The grants this provider gives; discovery is built from this tuple, so it cannot lie."""

from idp.oauth_server.grants.authorization_code import AuthorizationCode

GRANTS = (AuthorizationCode,)
