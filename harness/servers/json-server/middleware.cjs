module.exports = (req, res, next) => {
  if (req.path === '/failing') throw new Error('the handler failed');
  if (req.path === '/protected' && !req.get('Authorization')) {
    res.set('WWW-Authenticate', 'Basic realm="corspec"');
    return res.sendStatus(401);
  }
  if (req.path === '/resource' || req.path === '/protected') {
    res.header('X-Handler', 'resource');
    res.header('X-Total', '42');
    res.header('X-Trace', 't1');
    res.header('Cache-Control', 'public, max-age=60');
    res.vary('Accept-Encoding');
  }
  next();
};
