import functools
import json
import os
import re

from flask import Flask, Response, request
from flask_cors import CORS

policy = json.loads(os.environ["CORSPEC_POLICY"])

origins = list(policy["origins"])
# The middleware matches from the start of an origin; that it ends there, the expression says.
origins += [re.escape(pattern).replace(r"\*", ".*") + "$" for pattern in policy["origin_patterns"]]
if policy["null_origin"]:
    origins.append("null")

app = Flask(__name__)
CORS(
    app,
    origins="*" if policy["any_origin"] else origins,
    methods=policy["methods"],
    allow_headers=policy["request_headers"],
    expose_headers=policy["exposed_headers"],
    supports_credentials=policy["credentials"],
    max_age=policy["max_age"],
    allow_private_network=policy["private_network"],
)


def login_required(view):
    @functools.wraps(view)
    def wrapped(*args, **kwargs):
        if "Authorization" not in request.headers:
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="corspec"'})
        return view(*args, **kwargs)

    return wrapped


@app.route("/resource", methods=policy["methods"])
def resource():
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
def protected():
    return resource()


@app.route("/failing", methods=policy["methods"])
def failing():
    raise RuntimeError("failing")


@app.route("/events")
def events():
    def generate():
        yield "id: 1\ndata: one\n\n"
        yield "id: 2\ndata: two\n\n"

    return Response(generate(), mimetype="text/event-stream")
