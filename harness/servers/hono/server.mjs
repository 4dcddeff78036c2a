import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { streamSSE } from 'hono/streaming';

const policy = JSON.parse(process.env.CORSPEC_POLICY);

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const patterns = policy.origin_patterns.map((pattern) => {
  const [scheme, domain] = pattern.split('*.');
  return new RegExp(`^${escape(scheme)}([a-z0-9-]+\\.)+${escape(domain)}$`);
});
const origins = [...policy.origins, ...(policy.null_origin ? ['null'] : [])];

function allowedOrigin() {
  // A function answers with the origin to allow: with credentials, `*` allows nobody.
  if (policy.any_origin) return policy.credentials ? (origin) => origin : '*';
  // There is no setting for patterns but a function.
  if (patterns.length > 0) {
    return (origin) => (patterns.some((pattern) => pattern.test(origin)) || origins.includes(origin) ? origin : null);
  }
  return origins.length === 1 ? origins[0] : origins;
}

const app = new Hono();
app.use(
  '*',
  cors({
    origin: allowedOrigin(),
    allowMethods: policy.methods,
    allowHeaders: policy.request_headers,
    exposeHeaders: policy.exposed_headers,
    credentials: policy.credentials,
    maxAge: policy.max_age,
  }),
);
app.use('/protected', async (c, next) => {
  if (c.req.header('Authorization')) return next();
  return c.text('Unauthorized', 401, { 'WWW-Authenticate': 'Basic realm="corspec"' });
});

function resource(c) {
  c.header('X-Handler', 'resource');
  c.header('X-Total', '42');
  c.header('X-Trace', 't1');
  c.header('Vary', 'Accept-Encoding', { append: true });
  c.header('Cache-Control', 'public, max-age=60');
  return c.text('resource');
}

app.all('/resource', resource);
app.all('/protected', resource);
app.all('/failing', () => {
  throw new Error('the handler failed');
});
app.get('/events', (c) =>
  streamSSE(c, async (stream) => {
    await stream.writeSSE({ id: '1', data: 'one' });
    await stream.writeSSE({ id: '2', data: 'two' });
  }),
);

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT) });
