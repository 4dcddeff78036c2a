import functools
import json
import os
import re

from quart import Quart, Response, request
from quart_cors import cors

policy = json.loads(os.environ["CORSPEC_POLICY"])

origins = policy["origins"] + (["null"] if policy["null_origin"] else [])
origins += [re.compile(re.escape(pattern).replace(r"\*", ".*")) for pattern in policy["origin_patterns"]]

app = Quart(__name__)
app = cors(
    app,
    allow_origin="*" if policy["any_origin"] else origins,
    allow_methods=policy["methods"],
    allow_headers=policy["request_headers"],
    expose_headers=policy["exposed_headers"],
    allow_credentials=policy["credentials"],
    max_age=policy["max_age"],
)


def login_required(view):
    @functools.wraps(view)
    async def wrapped(*args, **kwargs):
        if "Authorization" not in request.headers:
            return Response("", status=401, headers={"WWW-Authenticate": 'Basic realm="corspec"'})
        return await view(*args, **kwargs)

    return wrapped


@app.route("/resource", methods=policy["methods"])
async def resource():
    headers = {
        "X-Handler": "resource",
        "X-Total": "42",
        "X-Trace": "t1",
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=60",
    }
    return Response("resource", mimetype="text/plain", headers=headers)


@app.route("/protected", methods=policy["methods"])
@login_required
async def protected():
    return await resource()


@app.route("/failing", methods=policy["methods"])
async def failing():
    raise RuntimeError("failing")


@app.route("/events")
async def events():
    async def generate():
        yield "id: 1\ndata: one\n\n"
        yield "id: 2\ndata: two\n\n"

    return Response(generate(), mimetype="text/event-stream")
