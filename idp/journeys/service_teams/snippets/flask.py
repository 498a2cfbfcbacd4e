"""A whole Flask service with Authlib."""

from idp.journeys.service_teams.snippets.facts import ClientFacts, filled, quoted
from idp.protocol import metadata

_TEXT = """
import os
~import_path

from authlib.integrations.flask_client import OAuth
~import_method
from flask import Flask, redirect, session

app = Flask(__name__)
app.secret_key = os.urandom(32)  # signs your own cookie: keep one
onepass = OAuth(app).register(
    "onepass",
    server_metadata_url=~discovery,
    client_id=~client_id,
    ~where_from
    client_secret=~credential,
    ~method_class
    client_kwargs={
        "scope": ~scope,
        ~pkce
        "token_endpoint_auth_method": ~method,
    },
)


@app.get("/")
def start():
    person = session.get("person")
    return f"Signed in as {person['sub']}" if person else '<a href="/sign-in">Sign in</a>'


@app.get("/sign-in")
def sign_in():
    return onepass.authorize_redirect(~redirect_uri~vtr)


@app.get(~path)
def callback():
    token = onepass.authorize_access_token()  # checks state, nonce, signature, iss, aud, exp
    ~check_level
    session["person"] = dict(onepass.userinfo(token=token))
    return redirect("/")


if __name__ == "__main__":
    app.run(host="localhost", port=~port)
"""
_CHECK = 'assert token["userinfo"]["vot"] == "Cl.Cm"'
_ALGORITHM = {"RS256": "", "ES256": ', alg="ES256"'}


def write(client: ClientFacts) -> str:
    """Return the service's source."""
    key = client.has_key
    token_endpoint = quoted(metadata.token_endpoint(client.issuer))
    signing = (
        f"client_auth_methods=[PrivateKeyJWT({token_endpoint}{_ALGORITHM[client.signs_with]})],"
    )
    return filled(
        _TEXT,
        import_path="from pathlib import Path" if key else "",
        import_method="from authlib.oauth2.rfc7523 import PrivateKeyJWT" if key else "",
        discovery=quoted(client.discovery),
        client_id=quoted(client.client_id),
        where_from="# Your own private key. Onepass has only the public half."
        if key
        else "# The secret that was shown once when it was made. Lost? Make another.",
        credential='Path("private.pem").read_text()' if key else 'os.environ["CLIENT_SECRET"]',
        method_class=signing if key else "",
        scope=quoted(client.scope),
        pkce='"code_challenge_method": "S256",',
        method=quoted(client.method),
        redirect_uri=quoted(client.redirect_uri),
        vtr=f", vtr={client.vtr!r}" if client.vtr else "",
        path=quoted(client.path),
        check_level=_CHECK if client.vtr else "",
        port=str(client.port),
    )
