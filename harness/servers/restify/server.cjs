const restify = require('restify');
const errors = require('restify-errors');
const corsMiddleware = require('restify-cors-middleware2');

const policy = JSON.parse(process.env.CORSPEC_POLICY);

const cors = corsMiddleware({
  origins: policy.any_origin
    ? ['*']
    : [...policy.origins, ...policy.origin_patterns, ...(policy.null_origin ? ['null'] : [])],
  allowHeaders: policy.request_headers,
  exposeHeaders: policy.exposed_headers,
  credentials: policy.credentials,
  preflightMaxAge: policy.max_age,
});

const server = restify.createServer();
server.pre(cors.preflight);
server.use(cors.actual);
server.use(restify.plugins.queryParser());
server.use(restify.plugins.jsonp());

function authorize(req, res, next) {
  if (req.header('Authorization')) return next();
  res.header('WWW-Authenticate', 'Basic realm="corspec"');
  next(new errors.UnauthorizedError('Authorization is missing'));
}

function resource(req, res, next) {
  res.header('Content-Type', 'text/plain');
  res.header('X-Handler', 'resource');
  res.header('X-Total', '42');
  res.header('X-Trace', 't1');
  res.header('Vary', 'Accept-Encoding');
  res.header('Cache-Control', 'public, max-age=60');
  res.send('resource');
  next();
}

const register = { GET: 'get', HEAD: 'head', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'del' };
for (const method of policy.methods) {
  server[register[method]]('/resource', resource);
  server[register[method]]('/protected', authorize, resource);
  server[register[method]]('/failing', async () => {
    throw new Error('the handler failed');
  });
}
server.get('/events', (req, res, next) => {
  res.header('Content-Type', 'text/event-stream');
  res.writeHead(200);
  res.write('id: 1\ndata: one\n\n');
  res.end('id: 2\ndata: two\n\n');
  next();
});
server.get('/jsonp', (req, res, next) => {
  res.send({ value: 42 });
  next();
});

server.listen(process.env.PORT, '127.0.0.1');
