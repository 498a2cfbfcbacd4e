// npm oidc-provider with its own development pages, as a second target of the probe.
//
// Usage: node oidc_provider.mjs CONFIG.json    { issuer, port, clock, clients, jwks, tls, fault, registering }
// It signs in whoever comes, whatever their password: never deploy it.
import { X509Certificate } from 'node:crypto';
import { openSync, readFileSync, readSync } from 'node:fs';
import { createServer } from 'node:https';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));

// Time stands in a file that the probe moves, so that nobody waits for a code to expire.
const World = Date;
const clock = openSync(config.clock, 'r');
const seconds = Buffer.alloc(8);
globalThis.Date = class Date extends World {
  constructor(...given) {
    if (given.length) super(...given);
    else super(Date.now());
  }

  static now() {
    readSync(clock, seconds, 0, 8, 0);
    return Number(seconds.readBigInt64LE()) * 1000;
  }
};

const { Provider } = await import('oidc-provider');

// A certificate comes by the connection. `fault` plants what the probe should notice.
const METHODS = ['client_secret_basic', 'client_secret_jwt', 'client_secret_post', 'private_key_jwt'];
const brought = (ctx) => {
  const pem = config.fault === 'header' && decodeURIComponent(ctx.get('x-ssl-client-cert'));
  return pem ? new X509Certificate(pem) : ctx.socket.getPeerX509Certificate?.();
};
const mTLS = {
  enabled: true,
  tlsClientAuth: true,
  getCertificate: brought,
  certificateAuthorized: (ctx) => ctx.socket.authorized === true || Boolean(config.fault),
  certificateSubjectMatches: (ctx, property, expected) =>
    property === 'tls_client_auth_san_dns' && brought(ctx).checkHost(expected) !== undefined,
};

// A proxy leads from `url` to `listen`; what is fetched here would else have to be https and far.
const { registering } = config;
const fetched = (url, { headers, method }) =>
  fetch(String(url).replace(registering?.url, registering?.listen), { headers, method });

const provider = new Provider(config.issuer, {
  clients: config.clients,
  jwks: config.jwks,
  cookies: { keys: ['a key for tests only'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  features: {
    deviceFlow: { enabled: true },
    devInteractions: { enabled: true },
    dPoP: { enabled: true },
    introspection: { enabled: true },
    mTLS,
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: Boolean(registering), initialAccessToken: registering?.token },
    revocation: { enabled: true },
  },
  issueRefreshToken: (_, client, source) =>
    client.grantTypeAllowed('refresh_token')
    && (source.scopes.has('offline_access') || client.clientId.endsWith('-app')),
  rotateRefreshToken: true,
  responseTypes: ['code', 'code id_token', 'code id_token token', 'id_token', 'none'],
  clientAuthMethods: [...METHODS, 'tls_client_auth', 'none'],
  discovery: { mtls_endpoint_aliases: { token_endpoint: `${config.tls.at}/token` } },
  fetch: fetched,
  pairwiseIdentifier: (_, account, client) => `${account} at ${client.sectorIdentifier}`,
  sectorIdentifierUriValidate: () => config.fault !== 'sector',
  subjectTypes: registering ? ['public', 'pairwise'] : ['public'],
  pkce: { required: (_, client) => !client.clientId.endsWith('-old') },
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, DeviceCode: 600, Grant: 3600, IdToken: 600, Interaction: 3600,
    RefreshToken: 3600, Session: 3600,
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: true }),
  }),
});

provider.on('server_error', (_, error) => process.stderr.write(`${error.stack}\n`));
const { port, ...tls } = config.tls;
createServer({ ...tls, requestCert: true, rejectUnauthorized: false }, provider.callback())
  .listen(port, '127.0.0.1', () =>
    provider.listen(config.port, '127.0.0.1', () => process.stdout.write('listening\n')));
