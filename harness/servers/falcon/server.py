import json
import os

import falcon

policy = json.loads(os.environ["CORSPEC_POLICY"])

origins = policy["origins"] + (["null"] if policy["null_origin"] else [])

cors = falcon.CORSMiddleware(
    allow_origins="*" if policy["any_origin"] else origins,
    expose_headers=policy["exposed_headers"],
    allow_credentials="*" if policy["credentials"] else None,
    allow_private_network=policy["private_network"],
)


class AuthMiddleware:
    def process_request(self, req, resp):
        if req.path == "/protected" and req.auth is None:
            raise falcon.HTTPUnauthorized(challenges=['Basic realm="corspec"'])


class Resource:
    def on_get(self, req, resp):
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "resource"
        resp.set_headers({
            "X-Handler": "resource",
            "X-Total": "42",
            "X-Trace": "t1",
            "Vary": "Accept-Encoding",
            "Cache-Control": "public, max-age=60",
        })


class Failing:
    def on_get(self, req, resp):
        raise RuntimeError("failing")


class Events:
    def on_get(self, req, resp):
        resp.content_type = "text/event-stream"
        resp.stream = iter([b"id: 1\ndata: one\n\n", b"id: 2\ndata: two\n\n"])


# A resource answers the methods that it has a responder for.
for method in policy["methods"]:
    for resource in (Resource, Failing):
        setattr(resource, f"on_{method.lower()}", resource.on_get)

application = falcon.App(middleware=[cors, AuthMiddleware()])
application.add_route("/resource", Resource())
application.add_route("/protected", Resource())
application.add_route("/failing", Failing())
application.add_route("/events", Events())
