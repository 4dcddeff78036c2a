import json
import os

from litestar import Litestar, MediaType, Response, get, route
from litestar.config.cors import CORSConfig
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.response import ServerSentEvent, ServerSentEventMessage

policy = json.loads(os.environ["CORSPEC_POLICY"])

origins = policy["origins"] + policy["origin_patterns"] + (["null"] if policy["null_origin"] else [])

cors_config = CORSConfig(
    allow_origins=["*"] if policy["any_origin"] else origins,
    allow_methods=policy["methods"],
    allow_headers=policy["request_headers"],
    expose_headers=policy["exposed_headers"],
    allow_credentials=policy["credentials"],
    max_age=policy["max_age"],
)


class AuthenticationMiddleware(AbstractAuthenticationMiddleware):
    async def authenticate_request(self, connection):
        if "Authorization" not in connection.headers:
            raise NotAuthorizedException(headers={"WWW-Authenticate": 'Basic realm="corspec"'})
        return AuthenticationResult(user="user", auth=None)


def answer() -> Response[str]:
    headers = {
        "X-Handler": "resource",
        "X-Total": "42",
        "X-Trace": "t1",
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=60",
    }
    return Response("resource", media_type=MediaType.TEXT, headers=headers)


@route("/resource", http_method=policy["methods"], status_code=200)
async def resource() -> Response[str]:
    return answer()


@route("/protected", http_method=policy["methods"], status_code=200, middleware=[AuthenticationMiddleware])
async def protected() -> Response[str]:
    return answer()


@route("/failing", http_method=policy["methods"], status_code=200)
async def failing() -> None:
    raise RuntimeError("failing")


@get("/events", sync_to_thread=False)
def events() -> ServerSentEvent:
    async def generate():
        yield ServerSentEventMessage(id=1, data="one")
        yield ServerSentEventMessage(id=2, data="two")

    return ServerSentEvent(generate())


app = Litestar([resource, protected, failing, events], cors_config=cors_config)
