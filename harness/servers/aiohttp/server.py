import json
import os

import aiohttp_cors
from aiohttp import web

policy = json.loads(os.environ["CORSPEC_POLICY"])

@web.middleware
async def authentication(request, handler):
    if request.path == "/protected" and "Authorization" not in request.headers:
        raise web.HTTPUnauthorized(headers={"WWW-Authenticate": 'Basic realm="corspec"'})
    return await handler(request)


async def resource(request):
    headers = {
        "X-Handler": "resource",
        "X-Total": "42",
        "X-Trace": "t1",
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=60",
    }
    return web.Response(text="resource", headers=headers)


async def failing(request):
    raise RuntimeError("failing")


async def events(request):
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    await response.write(b"id: 1\ndata: one\n\n")
    await response.write(b"id: 2\ndata: two\n\n")
    return response


app = web.Application(middlewares=[authentication])
for path, handler in [("/resource", resource), ("/protected", resource), ("/failing", failing)]:
    for method in policy["methods"]:
        app.router.add_route(method, path, handler)
app.router.add_get("/events", events)

origins = policy["origins"] + (["null"] if policy["null_origin"] else [])
options = aiohttp_cors.ResourceOptions(
    allow_credentials=policy["credentials"],
    expose_headers=policy["exposed_headers"],
    allow_headers=policy["request_headers"],
    max_age=policy["max_age"],
)
cors = aiohttp_cors.setup(app, defaults={origin: options for origin in (["*"] if policy["any_origin"] else origins)})
for route in list(app.router.routes()):
    cors.add(route)

web.run_app(app, host="127.0.0.1", port=int(os.environ["PORT"]), print=None)
