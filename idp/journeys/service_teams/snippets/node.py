"""A whole Node service with `openid-client`."""

from idp.journeys.service_teams.snippets.facts import ClientFacts, filled, quoted
from idp.protocol.client_registration import CLIENT_SECRET_BASIC

_TEXT = """
import crypto from 'node:crypto';
~import_files
import http from 'node:http';
import * as client from 'openid-client';

const REDIRECT_URI = ~redirect_uri;
~key
const config = await client.discovery(
  new URL(~issuer),
  ~client_id,
  { id_token_signed_response_alg: ~id_token_alg },
  ~method,
  ~insecure
  { execute: [client.enableNonRepudiationChecks~allow] },
);

const visitors = new Map(); // keep them in your database
const visitor = (request) => visitors.get(/service=([\\w-]+)/.exec(request.headers.cookie)?.[1]);

const pages = {
  '/'(request, answer) {
    const { person } = visitor(request) ?? {};
    answer.setHeader('Content-Type', 'text/html');
    answer.end(person ? `Signed in as ${person.sub}` : '<a href="/sign-in">Sign in</a>');
  },

  async '/sign-in'(request, answer) {
    const asked = {
      pkceCodeVerifier: client.randomPKCECodeVerifier(),
      expectedState: client.randomState(),
      expectedNonce: client.randomNonce(),
    };
    const id = crypto.randomUUID();
    visitors.set(id, { asked });
    answer.setHeader('Set-Cookie', `service=${id}; HttpOnly; SameSite=Lax; Path=/`);
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: ~scope,
      ~vtr
      code_challenge: await client.calculatePKCECodeChallenge(asked.pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: asked.expectedState,
      nonce: asked.expectedNonce,
    });
    answer.writeHead(302, { Location: address.href }).end();
  },

  async ~path(request, answer) {
    const mine = visitor(request);
    const tokens = await client.authorizationCodeGrant(
      config, new URL(request.url, REDIRECT_URI), { ...mine.asked, idTokenExpected: true });
    const claims = tokens.claims(); // state, nonce, signature, iss, aud and exp are checked
    ~check_level
    mine.person = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    answer.writeHead(302, { Location: '/' }).end();
  },
};

http.createServer(async (request, answer) => {
  const page = pages[new URL(request.url, REDIRECT_URI).pathname];
  try {
    if (page) await page(request, answer);
    else answer.writeHead(404).end();
  } catch (error) {
    console.error(error);
    answer.writeHead(500).end('That did not work');
  }
}).listen(~port, 'localhost');
"""
_KEY = """
// Your own private key. Onepass has only the public half.
const key = await crypto.subtle.importKey(
  'pkcs8',
  crypto.createPrivateKey(fs.readFileSync('private.pem')).export({ type: 'pkcs8', format: 'der' }),
  ~algorithm,
  false,
  ['sign'],
);
"""
_ALGORITHMS = {
    "RS256": "{ name: 'RSA-PSS', hash: 'SHA-256' }",
    "ES256": "{ name: 'ECDSA', namedCurve: 'P-256' }",
}
_SECRET = "// The secret was shown once when it was made. Lost? Make another."  # noqa: S105 - words
_CHECK = "if (claims.vot !== 'Cl.Cm') throw new Error('a password alone is not enough');"
_INSECURE = "// http is for this machine alone: leave allowInsecureRequests out anywhere else."


def write(client: ClientFacts) -> str:
    """Return the service's source."""
    key = filled(_KEY, algorithm=_ALGORITHMS[client.signs_with]).rstrip("\n")
    return filled(
        _TEXT,
        import_files="import fs from 'node:fs';" if client.has_key else "",
        redirect_uri=quoted(client.redirect_uri),
        key=key if client.has_key else _SECRET,
        issuer=quoted(client.issuer),
        client_id=quoted(client.client_id),
        id_token_alg=quoted(client.id_token_alg),
        method=_method(client),
        insecure=_INSECURE if client.insecure else "",
        allow=", client.allowInsecureRequests" if client.insecure else "",
        scope=quoted(client.scope),
        vtr=f"vtr: '{client.vtr}'," if client.vtr else "",
        path=quoted(client.path),
        check_level=_CHECK if client.vtr else "",
        port=str(client.port),
    )


def _method(client: ClientFacts) -> str:
    if client.has_key:
        return "client.PrivateKeyJwt(key)"
    if client.method == CLIENT_SECRET_BASIC:
        return "client.ClientSecretBasic(process.env.CLIENT_SECRET)"
    return "client.ClientSecretPost(process.env.CLIENT_SECRET)"
