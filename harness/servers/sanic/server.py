import json
import os
import re

from sanic import Sanic, text
from sanic.exceptions import Unauthorized
from sanic_ext import Extend

policy = json.loads(os.environ["CORSPEC_POLICY"])

origins = policy["origins"] + (["null"] if policy["null_origin"] else [])
origins += [re.compile(re.escape(pattern).replace(r"\*", ".*") + "$") for pattern in policy["origin_patterns"]]

# Sanic's own logging writes to standard output.
app = Sanic("corspec", configure_logging=False)
if policy["any_origin"]:
    app.config.CORS_ORIGINS = "*"
elif len(origins) == 1:
    app.config.CORS_ORIGINS = origins[0]
else:
    app.config.CORS_ORIGINS = origins
app.config.CORS_METHODS = policy["methods"]
app.config.CORS_ALLOW_HEADERS = policy["request_headers"]
app.config.CORS_EXPOSE_HEADERS = policy["exposed_headers"]
app.config.CORS_SUPPORTS_CREDENTIALS = policy["credentials"]
app.config.CORS_MAX_AGE = policy["max_age"]
Extend(app)


@app.on_request
async def authentication(request):
    if request.path == "/protected" and "Authorization" not in request.headers:
        raise Unauthorized("credentials are needed", scheme="Basic", realm="corspec")


@app.route("/protected", methods=policy["methods"], name="protected")
@app.route("/resource", methods=policy["methods"])
async def resource(request):
    headers = {
        "X-Handler": "resource",
        "X-Total": "42",
        "X-Trace": "t1",
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=60",
    }
    return text("resource", headers=headers)


@app.route("/failing", methods=policy["methods"])
async def failing(request):
    raise RuntimeError("failing")


@app.get("/events")
async def events(request):
    response = await request.respond(content_type="text/event-stream")
    await response.send("id: 1\ndata: one\n\n")
    await response.send("id: 2\ndata: two\n\n")
    await response.eof()


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]), single_process=True, motd=False)
