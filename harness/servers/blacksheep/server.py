import json
import os
from collections.abc import AsyncIterable

from blacksheep import Application, Response, text
from blacksheep.server.sse import ServerSentEvent, TextServerSentEvent

policy = json.loads(os.environ["CORSPEC_POLICY"])

app = Application()

app.use_cors(
    allow_origins="*" if policy["any_origin"] else policy["origins"] + (["null"] if policy["null_origin"] else []),
    allow_methods=policy["methods"],
    allow_headers=policy["request_headers"],
    expose_headers=policy["exposed_headers"],
    allow_credentials=policy["credentials"],
    max_age=policy["max_age"],
)


async def authentication(request, handler):
    if request.url.path == b"/protected" and not request.has_header(b"Authorization"):
        return Response(401, headers=[(b"WWW-Authenticate", b'Basic realm="corspec"')])
    return await handler(request)


app.middlewares.append(authentication)


@app.router.route("/resource", methods=policy["methods"])
@app.router.route("/protected", methods=policy["methods"])
async def resource():
    response = text("resource")
    response.add_header(b"X-Handler", b"resource")
    response.add_header(b"X-Total", b"42")
    response.add_header(b"X-Trace", b"t1")
    response.add_header(b"Vary", b"Accept-Encoding")
    response.add_header(b"Cache-Control", b"public, max-age=60")
    return response


@app.router.route("/failing", methods=policy["methods"])
async def failing():
    raise RuntimeError("failing")


@app.router.get("/events")
async def events() -> AsyncIterable[ServerSentEvent]:
    yield TextServerSentEvent("one", id="1")
    yield TextServerSentEvent("two", id="2")
