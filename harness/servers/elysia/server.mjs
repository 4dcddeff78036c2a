import { cors } from '@elysiajs/cors';
import { node } from '@elysiajs/node';
import { Elysia, sse } from 'elysia';

const policy = JSON.parse(process.env.CORSPEC_POLICY);

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const patterns = policy.origin_patterns.map((pattern) => {
  const [scheme, domain] = pattern.split('*.');
  return new RegExp(`^${escape(scheme)}([a-z0-9-]+\\.)+${escape(domain)}$`);
});
const origins = [...policy.origins, ...(policy.null_origin ? ['null'] : []), ...patterns];

function resource({ set }) {
  set.headers['content-type'] = 'text/plain';
  set.headers['x-handler'] = 'resource';
  set.headers['x-total'] = '42';
  set.headers['x-trace'] = 't1';
  // There is no call that adds to what is there already.
  set.headers['vary'] = [set.headers['vary'], 'Accept-Encoding'].filter(Boolean).join(', ');
  set.headers['cache-control'] = 'public, max-age=60';
  return 'resource';
}

function authorize({ headers, set, status }) {
  if (headers.authorization) return;
  set.headers['www-authenticate'] = 'Basic realm="corspec"';
  return status(401);
}

const app = new Elysia({ adapter: node() }).use(
  cors({
    origin: policy.any_origin ? true : origins.length === 1 ? origins[0] : origins,
    methods: policy.methods,
    allowedHeaders: policy.request_headers,
    exposeHeaders: policy.exposed_headers,
    credentials: policy.credentials,
    maxAge: policy.max_age,
  }),
);
// Not `all`, which takes OPTIONS as well.
for (const method of policy.methods) {
  app.route(method, '/resource', resource);
  app.route(method, '/protected', resource, { beforeHandle: authorize });
  app.route(method, '/failing', () => {
    throw new Error('the handler failed');
  });
}
app.get('/events', function* () {
  yield sse({ id: '1', data: 'one' });
  yield sse({ id: '2', data: 'two' });
});
app.listen({ hostname: '127.0.0.1', port: Number(process.env.PORT) });
