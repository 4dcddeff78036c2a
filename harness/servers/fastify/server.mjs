import { Readable } from 'node:stream';
import cors from '@fastify/cors';
import Fastify from 'fastify';

const policy = JSON.parse(process.env.CORSPEC_POLICY);

const escape = (text) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
const patterns = policy.origin_patterns.map((pattern) => {
  const [scheme, domain] = pattern.split('*.');
  return new RegExp(`^${escape(scheme)}([a-z0-9-]+\\.)+${escape(domain)}$`);
});
const origins = [...policy.origins, ...(policy.null_origin ? ['null'] : []), ...patterns];
// `true` reflects the origin of the request: with credentials, `*` allows nobody.
const anyOrigin = policy.credentials ? true : '*';

const fastify = Fastify();
await fastify.register(cors, {
  origin: policy.any_origin ? anyOrigin : origins.length === 1 ? origins[0] : origins,
  methods: policy.methods,
  allowedHeaders: policy.request_headers,
  exposedHeaders: policy.exposed_headers,
  credentials: policy.credentials,
  maxAge: policy.max_age,
});
// Bodies of every type are taken, and left alone.
fastify.removeAllContentTypeParsers();
fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => done(null, body));

async function authorize(request, reply) {
  if (request.headers.authorization) return;
  reply.code(401).header('WWW-Authenticate', 'Basic realm="corspec"');
  return reply.send('Unauthorized');
}

function resource(request, reply) {
  reply.headers({
    'Content-Type': 'text/plain',
    'X-Handler': 'resource',
    'X-Total': '42',
    'X-Trace': 't1',
    // There is no call that adds to what is there already.
    Vary: [reply.getHeader('Vary'), 'Accept-Encoding'].filter(Boolean).join(', '),
    'Cache-Control': 'public, max-age=60',
  });
  reply.send('resource');
}

const method = policy.methods;
fastify.route({ method, url: '/resource', handler: resource });
fastify.route({ method, url: '/protected', onRequest: authorize, handler: resource });
fastify.route({
  method,
  url: '/failing',
  handler: () => {
    throw new Error('the handler failed');
  },
});
fastify.get('/events', (request, reply) => {
  reply.type('text/event-stream');
  reply.send(Readable.from(['id: 1\ndata: one\n\n', 'id: 2\ndata: two\n\n']));
});

await fastify.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
