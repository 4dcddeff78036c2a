import { createServer } from 'node:http';
import {
  appendResponseHeader,
  createApp,
  createError,
  createEventStream,
  createRouter,
  eventHandler,
  getRequestHeader,
  handleCors,
  setResponseHeader,
  setResponseHeaders,
  toNodeListener,
} from 'h3';

const policy = JSON.parse(process.env.CORSPEC_POLICY);

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const patterns = policy.origin_patterns.map((pattern) => {
  const [scheme, domain] = pattern.split('*.');
  return new RegExp(`^${escape(scheme)}([a-z0-9-]+\\.)+${escape(domain)}$`);
});
const origins = [...policy.origins, ...(policy.null_origin ? ['null'] : []), ...patterns];
// A function makes the origin of the request the answer: with credentials, `*` allows nobody.
const anyOrigin = policy.credentials ? () => true : '*';

const cors = {
  origin: policy.any_origin ? anyOrigin : origins,
  methods: policy.methods,
  allowHeaders: policy.request_headers,
  exposeHeaders: policy.exposed_headers,
  credentials: policy.credentials,
  maxAge: String(policy.max_age),
};

const app = createApp();
app.use(
  eventHandler((event) => {
    handleCors(event, cors);
  }),
);
app.use(
  '/protected',
  eventHandler((event) => {
    if (getRequestHeader(event, 'Authorization')) return;
    setResponseHeader(event, 'WWW-Authenticate', 'Basic realm="corspec"');
    throw createError({ statusCode: 401 });
  }),
);

const resource = eventHandler((event) => {
  setResponseHeaders(event, {
    'Content-Type': 'text/plain',
    'X-Handler': 'resource',
    'X-Total': '42',
    'X-Trace': 't1',
    'Cache-Control': 'public, max-age=60',
  });
  appendResponseHeader(event, 'Vary', 'Accept-Encoding');
  return 'resource';
});

const router = createRouter();
router.use('/resource', resource);
router.use('/protected', resource);
router.use(
  '/failing',
  eventHandler(() => {
    throw new Error('the handler failed');
  }),
);
router.get(
  '/events',
  eventHandler((event) => {
    const stream = createEventStream(event);
    const send = async () => {
      await stream.push({ id: '1', data: 'one' });
      await stream.push({ id: '2', data: 'two' });
      await stream.close();
    };
    send();
    return stream.send();
  }),
);
app.use(router);

createServer(toNodeListener(app)).listen(process.env.PORT, '127.0.0.1');
