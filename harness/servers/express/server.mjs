import { createServer } from 'node:http';
import cors from 'cors';
import express from 'express';
import { WebSocketServer } from 'ws';

const policy = JSON.parse(process.env.CORSPEC_POLICY);

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const patterns = policy.origin_patterns.map((pattern) => {
  const [scheme, domain] = pattern.split('*.');
  return new RegExp(`^${escape(scheme)}([a-z0-9-]+\\.)+${escape(domain)}$`);
});
const origins = [...policy.origins, ...(policy.null_origin ? ['null'] : []), ...patterns];
// `true` reflects the origin of the request: with credentials, `*` allows nobody.
const anyOrigin = policy.credentials ? true : '*';

const app = express();
app.use(
  cors({
    origin: policy.any_origin ? anyOrigin : origins.length === 1 ? origins[0] : origins,
    methods: policy.methods,
    allowedHeaders: policy.request_headers,
    exposedHeaders: policy.exposed_headers,
    credentials: policy.credentials,
    maxAge: policy.max_age,
  }),
);
app.use('/protected', (req, res, next) => {
  if (req.get('Authorization')) return next();
  res.set('WWW-Authenticate', 'Basic realm="corspec"').sendStatus(401);
});

app.all(['/resource', '/protected'], (req, res) => {
  res.set({
    'X-Handler': 'resource',
    'X-Total': '42',
    'X-Trace': 't1',
    'Cache-Control': 'public, max-age=60',
  });
  res.vary('Accept-Encoding').type('text/plain').send('resource');
});
app.all('/failing', () => {
  throw new Error('the handler failed');
});
app.get('/events', (req, res) => {
  res.set('Content-Type', 'text/event-stream');
  res.write('id: 1\ndata: one\n\n');
  res.end('id: 2\ndata: two\n\n');
});
app.get('/jsonp', (req, res) => res.jsonp({ value: 42 }));

const server = createServer(app);
const sockets = new WebSocketServer({ server, path: '/socket' });
sockets.on('connection', (socket) => {
  socket.on('error', console.error);
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
});
server.listen(process.env.PORT, '127.0.0.1');
