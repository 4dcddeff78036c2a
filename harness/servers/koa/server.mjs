import { Readable } from 'node:stream';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';

const policy = JSON.parse(process.env.CORSPEC_POLICY);

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const patterns = policy.origin_patterns.map((pattern) => {
  const [scheme, domain] = pattern.split('*.');
  return new RegExp(`^${escape(scheme)}([a-z0-9-]+\\.)+${escape(domain)}$`);
});
const origins = [...policy.origins, ...(policy.null_origin ? ['null'] : [])];

function allowedOrigin() {
  // The default, which with credentials is the origin of the request.
  if (policy.any_origin) return undefined;
  if (origins.length === 1 && patterns.length === 0) return origins[0];
  // There is no setting for several origins or patterns but a function.
  return (ctx) => {
    const origin = ctx.get('Origin');
    return origins.includes(origin) || patterns.some((pattern) => pattern.test(origin)) ? origin : '';
  };
}

const app = new Koa();
app.use(
  cors({
    origin: allowedOrigin(),
    allowMethods: policy.methods,
    allowHeaders: policy.request_headers,
    exposeHeaders: policy.exposed_headers,
    credentials: policy.credentials,
    maxAge: policy.max_age,
    privateNetworkAccess: policy.private_network,
  }),
);

async function authorize(ctx, next) {
  if (!ctx.get('Authorization')) {
    ctx.throw(401, 'Unauthorized', { headers: { 'WWW-Authenticate': 'Basic realm="corspec"' } });
  }
  await next();
}

function resource(ctx) {
  ctx.set({
    'X-Handler': 'resource',
    'X-Total': '42',
    'X-Trace': 't1',
    'Cache-Control': 'public, max-age=60',
  });
  ctx.vary('Accept-Encoding');
  ctx.type = 'text/plain';
  ctx.body = 'resource';
}

const router = new Router();
router.all('/resource', resource);
router.all('/protected', authorize, resource);
router.all('/failing', () => {
  throw new Error('the handler failed');
});
router.get('/events', (ctx) => {
  ctx.type = 'text/event-stream';
  ctx.body = Readable.from(['id: 1\ndata: one\n\n', 'id: 2\ndata: two\n\n']);
});
app.use(router.routes());

app.listen(Number(process.env.PORT), '127.0.0.1');
