// An authorization server that issues JWT access tokens to one client. POST /rotate replaces its signing key.
// oidc-provider takes its keys when it is made, so a rotation makes a new one behind the same address.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.env.NODE_PATH + '/');
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

const issuer = process.argv[2];
let generation = 0;

function provider() {
  generation += 1;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: `key-${generation}`, alg: 'ES256', use: 'sig' };
  const client = (client_id) => ({
    client_id,
    client_secret: 'secret-of-the-test',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: 'ES256',
    scope: 'handback.read handback.hr',
  });
  return new Provider(issuer, {
    clients: [client('outsider'), client('stranger')],
    scopes: ['handback.read', 'handback.hr'],
    jwks: { keys: [jwk] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({
          scope: 'handback.read handback.hr',
          audience: resource,
          accessTokenTTL: 3600,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
}

let current = provider().callback();
createServer((request, response) => {
  if (request.method === 'POST' && request.url === '/rotate') {
    current = provider().callback();
    response.end();
    return;
  }
  current(request, response);
}).listen(Number(new URL(issuer).port), '127.0.0.1');
