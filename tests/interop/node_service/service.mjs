// A service that signs people in with npm openid-client, as it comes, every check of it on.
// It is told about itself in SERVICE (JSON) and then does one thing a line:
//   begin {parameters}     prints the address to send the browser to
//   begin_signed {…}       the same in a signed request object, as the library makes it by itself
//   begin_signed_for_one_login {…}   the same as One Login's own Node example makes it
//   finish "address"       takes the browser back; prints the ID token's claims and UserInfo's
//   leave "state"          prints the address that signs the browser out
// Each answer is one line of JSON; a refusal of the library is {"refused": code, "why": words}.
// With a `port` in SERVICE it also takes browsers back there, and shows them the same answer.
import http from 'node:http';
import readline from 'node:readline';
import * as client from 'openid-client';

const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
};
const LOOPBACK = new Set(['localhost', '127.0.0.1']);

const about = JSON.parse(process.env.SERVICE);
const server = new URL(about.server);
const key = await crypto.subtle.importKey(
  'pkcs8', Buffer.from(about.private_key, 'base64'), ALGORITHMS[about.alg], false, ['sign']);
const config = await told(() => client.discovery(
  server,
  about.client_id,
  {
    id_token_signed_response_alg: about.id_token_alg,
    require_auth_time: true,
    [client.clockTolerance]: 1,
  },
  client.PrivateKeyJwt(key),
  {
    execute: [
      client.enableNonRepudiationChecks,
      // Only where it never leaves this machine: everywhere else http is refused.
      ...(LOOPBACK.has(server.hostname) ? [client.allowInsecureRequests] : []),
    ],
  },
));
let asked, tokens;

async function request(parameters) {
  asked = {
    verifier: client.randomPKCECodeVerifier(),
    nonce: client.randomNonce(),
    state: client.randomState(),
    maxAge: parameters.max_age === undefined ? undefined : Number(parameters.max_age),
  };
  return {
    redirect_uri: about.redirect_uri,
    scope: 'openid email',
    code_challenge: await client.calculatePKCECodeChallenge(asked.verifier),
    code_challenge_method: 'S256',
    nonce: asked.nonce,
    state: asked.state,
    ...parameters,
  };
}

const commands = {
  async begin(parameters) {
    return client.buildAuthorizationUrl(config, await request(parameters)).href;
  },

  async begin_signed(parameters) {
    const signed = await client.buildAuthorizationUrlWithJAR(
      config, await request(parameters), key);
    return signed.href;
  },

  async begin_signed_for_one_login(parameters) {
    const signed = await client.buildAuthorizationUrlWithJAR(
      config, await request(parameters), key, {
        [client.modifyAssertion](_header, members) {
          members.aud = `${config.serverMetadata().issuer}authorize`;
        },
      });
    // One Login wants these beside the object as well, where the library does not put them.
    signed.searchParams.set('response_type', 'code');
    signed.searchParams.set('scope', 'openid');
    return signed.href;
  },

  // `back` is the address that the browser came back to, or the form that it posted there.
  async finish(back) {
    const answer = typeof back === 'string' ? new URL(back) : back;
    tokens = await client.authorizationCodeGrant(config, answer, {
      pkceCodeVerifier: asked.verifier,
      expectedNonce: asked.nonce,
      expectedState: asked.state,
      idTokenExpected: true,
      maxAge: asked.maxAge,
    });
    const claims = tokens.claims();
    const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    return { asked, claims, userinfo, id_token: tokens.id_token, expires_in: tokens.expires_in };
  },

  async leave(state) {
    return client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token,
      post_logout_redirect_uri: about.signed_out,
      state,
    }).href;
  },
};

async function told(act) {
  try {
    return await act();
  } catch (error) {
    if (!error.code && !error.error) throw error;
    // A refusal by the provider carries its own error, one by the library only a code.
    const why = error.error_description ?? error.cause?.message ?? error.message;
    return { refused: error.error ?? error.code, why };
  }
}

async function takeBack(incoming, outgoing) {
  const parts = [];
  for await (const part of incoming) parts.push(part);
  const { method, headers } = incoming;
  const form = new Request(new URL(incoming.url, about.redirect_uri), {
    method,
    headers: { 'content-type': headers['content-type'] ?? '' },
    body: method === 'POST' ? Buffer.concat(parts) : undefined,
  });
  const answer = await told(() => commands.finish(form));
  const words = JSON.stringify(answer).replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  outgoing.setHeader('Content-Type', 'text/html; charset=utf-8');
  outgoing.end(`<!doctype html><html lang="en"><title>A service</title>
    <h1>${answer.refused ? 'You are not signed in' : 'You are signed in'}</h1><pre>${words}</pre>`);
}

if (about.port) {
  const home = http.createServer((incoming, outgoing) => {
    if (new URL(incoming.url, about.redirect_uri).href.split('?')[0] === about.redirect_uri) {
      takeBack(incoming, outgoing);
    } else {
      outgoing.writeHead(404).end();
    }
  });
  await new Promise((ready) => home.listen(about.port, 'localhost', ready));
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [name, argument] = JSON.parse(line);
  const answer = config.refused ? config : await told(() => commands[name](argument));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
