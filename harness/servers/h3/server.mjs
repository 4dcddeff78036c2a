import { createEventStream, H3, HTTPError, handleCors, serve } from 'h3';

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

const app = new H3();
app.use((event) => {
  const response = handleCors(event, cors);
  if (response !== false) return response;
});
app.use('/protected', (event) => {
  if (event.req.headers.has('Authorization')) return;
  throw new HTTPError({ status: 401, headers: { 'WWW-Authenticate': 'Basic realm="corspec"' } });
});

function resource(event) {
  event.res.headers.set('Content-Type', 'text/plain');
  event.res.headers.set('X-Handler', 'resource');
  event.res.headers.set('X-Total', '42');
  event.res.headers.set('X-Trace', 't1');
  event.res.headers.append('Vary', 'Accept-Encoding');
  event.res.headers.set('Cache-Control', 'public, max-age=60');
  return 'resource';
}

app.all('/resource', resource);
app.all('/protected', resource);
app.all('/failing', () => {
  throw new Error('the handler failed');
});
app.get('/events', (event) => {
  const stream = createEventStream(event);
  const send = async () => {
    await stream.push({ id: '1', data: 'one' });
    await stream.push({ id: '2', data: 'two' });
    await stream.close();
  };
  send();
  return stream.send();
});

serve(app, { hostname: '127.0.0.1', port: Number(process.env.PORT), silent: true });
