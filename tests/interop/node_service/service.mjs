// A service that signs people in with npm openid-client, as it comes, every check of it on.
// It is told about itself in SERVICE (JSON) and then does one thing a line:
//   begin {parameters}     prints the address to send the browser to
//   finish "address"       takes the browser back; prints the ID token's claims and UserInfo's
//   leave "state"          prints the address that signs the browser out
// Each answer is one line of JSON; a refusal of the library is {"refused": code, "why": words}.
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

const commands = {
  async begin(parameters) {
    asked = {
      verifier: client.randomPKCECodeVerifier(),
      nonce: client.randomNonce(),
      state: client.randomState(),
      maxAge: parameters.max_age === undefined ? undefined : Number(parameters.max_age),
    };
    return client.buildAuthorizationUrl(config, {
      redirect_uri: about.redirect_uri,
      scope: 'openid email',
      code_challenge: await client.calculatePKCECodeChallenge(asked.verifier),
      code_challenge_method: 'S256',
      nonce: asked.nonce,
      state: asked.state,
      ...parameters,
    }).href;
  },

  async finish(address) {
    tokens = await client.authorizationCodeGrant(config, new URL(address), {
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

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [name, argument] = JSON.parse(line);
  const answer = config.refused ? config : await told(() => commands[name](argument));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
