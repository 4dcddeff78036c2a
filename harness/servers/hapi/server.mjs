import { Readable } from 'node:stream';
import Boom from '@hapi/boom';
import Hapi from '@hapi/hapi';

const policy = JSON.parse(process.env.CORSPEC_POLICY);

const server = Hapi.server({
  host: '127.0.0.1',
  port: process.env.PORT,
  routes: {
    // Bodies of every type are taken, and left alone.
    payload: { parse: false },
    cors: {
      origin: policy.any_origin
        ? ['*']
        : [...policy.origins, ...policy.origin_patterns, ...(policy.null_origin ? ['null'] : [])],
      headers: policy.request_headers,
      exposedHeaders: policy.exposed_headers,
      credentials: policy.credentials,
      maxAge: policy.max_age,
    },
  },
});

server.auth.scheme('any', () => ({
  authenticate(request, h) {
    if (request.headers.authorization) return h.authenticated({ credentials: {} });
    throw Boom.unauthorized(null, 'Basic', { realm: 'corspec' });
  },
}));
server.auth.strategy('any', 'any');

function resource(request, h) {
  return h
    .response('resource')
    .type('text/plain')
    .header('X-Handler', 'resource')
    .header('X-Total', '42')
    .header('X-Trace', 't1')
    .header('Cache-Control', 'public, max-age=60')
    .vary('Accept-Encoding');
}

// What is allowed is what has a route; HEAD comes with GET.
const method = policy.methods.filter((name) => name !== 'HEAD');
server.route({ method, path: '/resource', handler: resource });
server.route({ method, path: '/protected', options: { auth: 'any' }, handler: resource });
server.route({
  method,
  path: '/failing',
  handler: () => {
    throw new Error('the handler failed');
  },
});
server.route({
  method: 'GET',
  path: '/events',
  handler: (request, h) =>
    h
      .response(Readable.from(['id: 1\ndata: one\n\n', 'id: 2\ndata: two\n\n'], { objectMode: false }))
      .type('text/event-stream'),
});

await server.start();
