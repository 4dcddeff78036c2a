import json
import os
import re

from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

policy = json.loads(os.environ["CORSPEC_POLICY"])

origins = policy["origins"] + (["null"] if policy["null_origin"] else [])
patterns = [re.escape(pattern).replace(r"\*", ".*") for pattern in policy["origin_patterns"]]


class BasicAuthBackend(AuthenticationBackend):
    async def authenticate(self, conn):
        if conn.url.path == "/protected":
            if "Authorization" not in conn.headers:
                raise AuthenticationError("credentials are needed")
            return AuthCredentials(["authenticated"]), SimpleUser("user")


def on_auth_error(request, error):
    return PlainTextResponse(str(error), status_code=401, headers={"WWW-Authenticate": 'Basic realm="corspec"'})


async def resource(request):
    headers = {
        "X-Handler": "resource",
        "X-Total": "42",
        "X-Trace": "t1",
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=60",
    }
    return PlainTextResponse("resource", headers=headers)


async def failing(request):
    raise RuntimeError("failing")


async def events(request):
    async def generate():
        yield "id: 1\ndata: one\n\n"
        yield "id: 2\ndata: two\n\n"

    return StreamingResponse(generate(), media_type="text/event-stream")


app = Starlette(
    routes=[
        Route("/resource", resource, methods=policy["methods"]),
        Route("/protected", resource, methods=policy["methods"]),
        Route("/failing", failing, methods=policy["methods"]),
        Route("/events", events),
    ],
    middleware=[
        Middleware(
            CORSMiddleware,
            allow_origins=["*"] if policy["any_origin"] else origins,
            allow_origin_regex="|".join(patterns) or None,
            allow_methods=policy["methods"],
            allow_headers=policy["request_headers"],
            expose_headers=policy["exposed_headers"],
            allow_credentials=policy["credentials"],
            max_age=policy["max_age"],
            allow_private_network=policy["private_network"],
        ),
        Middleware(AuthenticationMiddleware, backend=BasicAuthBackend(), on_error=on_auth_error),
    ],
)
