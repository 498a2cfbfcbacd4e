// npm oidc-provider with its own development pages, as a second target of the probe.
//
// Usage: node oidc_provider.mjs CONFIG.json    { issuer, port, clock, clients, jwks }
// It signs in whoever comes, whatever their password: never deploy it.
import { openSync, readFileSync, readSync } from 'node:fs';

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
    pushedAuthorizationRequests: { enabled: true },
    revocation: { enabled: true },
  },
  issueRefreshToken: (_, client, source) =>
    client.grantTypeAllowed('refresh_token')
    && (source.scopes.has('offline_access') || client.clientId.endsWith('-app')),
  rotateRefreshToken: true,
  responseTypes: ['code', 'code id_token', 'code id_token token', 'id_token', 'none'],
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
provider.listen(config.port, '127.0.0.1', () => process.stdout.write('listening\n'));
