// The peer of the bench: npm oidc-provider as its documentation sets it up, on PostgreSQL.
//
// Usage: node provider.js CONFIG.json
// CONFIG: { issuer, port, processes, database, client, jwks, account_count }
// It is measured, never deployed: /test-login signs anybody in without asking.
import cluster from 'node:cluster';
import { readFileSync } from 'node:fs';
import { Pool } from 'pg';
import { Provider } from 'oidc-provider';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const hour = 3600;

const TABLE = `
  CREATE TABLE IF NOT EXISTS oidc (
    id text NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    grant_id text,
    user_code text,
    uid text,
    expires_at timestamptz,
    consumed_at timestamptz,
    PRIMARY KEY (id, type)
  );
  CREATE INDEX IF NOT EXISTS oidc_grant_id ON oidc (grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS oidc_uid ON oidc (uid) WHERE uid IS NOT NULL;
`;

// `name` makes node-postgres prepare a statement once a connection and run it by name after that.
const FIND = {
  name: 'find',
  text: 'SELECT payload, consumed_at FROM oidc WHERE id = $1 AND type = $2',
};
const FIND_BY_UID = {
  name: 'find_by_uid',
  text: 'SELECT payload, consumed_at FROM oidc WHERE uid = $1 AND type = $2',
};
const UPSERT = {
  name: 'upsert',
  text: `INSERT INTO oidc (id, type, payload, grant_id, uid, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id, type) DO UPDATE
         SET payload = EXCLUDED.payload, grant_id = EXCLUDED.grant_id,
             uid = EXCLUDED.uid, expires_at = EXCLUDED.expires_at`,
};
const CONSUME = {
  name: 'consume',
  text: 'UPDATE oidc SET consumed_at = now() WHERE id = $1 AND type = $2',
};
const DESTROY = { name: 'destroy', text: 'DELETE FROM oidc WHERE id = $1 AND type = $2' };
const REVOKE = { name: 'revoke', text: 'DELETE FROM oidc WHERE grant_id = $1' };

function adapterOn(pool) {
  const found = ({ rows: [row] }) => row && {
    ...row.payload,
    ...(row.consumed_at ? { consumed: true } : undefined),
  };

  return class PostgresAdapter {
    constructor(type) {
      this.type = type;
    }

    async upsert(id, payload, expiresIn) {
      const expiresAt = expiresIn ? new Date(Date.now() + expiresIn * 1000) : null;
      await pool.query({
        ...UPSERT,
        values: [id, this.type, payload, payload.grantId ?? null, payload.uid ?? null, expiresAt],
      });
    }

    async find(id) {
      return found(await pool.query({ ...FIND, values: [id, this.type] }));
    }

    async findByUid(uid) {
      return found(await pool.query({ ...FIND_BY_UID, values: [uid, this.type] }));
    }

    async findByUserCode() {
      return undefined;
    }

    async consume(id) {
      await pool.query({ ...CONSUME, values: [id, this.type] });
    }

    async destroy(id) {
      await pool.query({ ...DESTROY, values: [id, this.type] });
    }

    async revokeByGrantId(grantId) {
      await pool.query({ ...REVOKE, values: [grantId] });
    }
  };
}

async function serve() {
  const pool = new Pool({ ...config.database, max: 10 });
  const provider = new Provider(config.issuer, {
    adapter: adapterOn(pool),
    clients: [config.client],
    jwks: config.jwks,
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: [config.cookie_key] },
    enabledJWA: {
      clientAuthSigningAlgValues: ['ES256', 'RS256'],
      idTokenSigningAlgValues: ['ES256', 'RS256'],
    },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/no-page/${interaction.uid}` },
    pkce: { required: () => true },
    ttl: {
      AccessToken: 180,
      AuthorizationCode: 60,
      Grant: 12 * hour,
      IdToken: 120,
      Interaction: hour,
      Session: 12 * hour,
    },
    // Accounts cost the peer nothing: a real one would read them from its database.
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.com`, email_verified: true }),
    }),
  });

  provider.use(async (ctx, next) => {
    if (ctx.path !== '/test-login') {
      await next();
      return;
    }
    const accountId = ctx.query.account;
    const clientId = config.client.client_id;
    const grant = new provider.Grant({ accountId, clientId });
    grant.addOIDCScope('openid email');
    const session = new provider.Session();
    session.loginAccount({ accountId, amr: ['pwd', 'otp'] });
    session.ensureClientContainer(clientId);
    session.grantIdFor(clientId, await grant.save(12 * hour));
    await session.save(12 * hour);
    ctx.cookies.set(provider.cookieName('session'), session.id, { httpOnly: true });
    ctx.status = 204;
  });

  provider.on('server_error', (_, error) => process.stderr.write(`${error.stack}\n`));
  const server = provider.listen(config.port, '127.0.0.1');
  server.keepAliveTimeout = 600_000;
}

async function supervise() {
  const pool = new Pool(config.database);
  await pool.query(TABLE);
  await pool.end();
  for (let index = 0; index < config.processes; index += 1) cluster.fork();
  const stop = () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
    process.exit(0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  cluster.on('exit', (worker, code) => {
    process.stderr.write(`worker ${worker.process.pid} ended with ${code}\n`);
  });
}

if (cluster.isPrimary) await supervise();
else await serve();
