import json
import os
import re

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path

policy = json.loads(os.environ["CORSPEC_POLICY"])

settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="of no use here",
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["corsheaders"],
    MIDDLEWARE=[
        "corsheaders.middleware.CorsMiddleware",
        "django.middleware.common.CommonMiddleware",
        f"{__name__}.authentication_middleware",
    ],
    CORS_ALLOW_ALL_ORIGINS=policy["any_origin"],
    CORS_ALLOWED_ORIGINS=policy["origins"] + (["null"] if policy["null_origin"] else []),
    CORS_ALLOWED_ORIGIN_REGEXES=[
        "^" + re.escape(pattern).replace(r"\*", r"[\w.-]+") + "$" for pattern in policy["origin_patterns"]
    ],
    CORS_ALLOW_METHODS=policy["methods"],
    CORS_ALLOW_HEADERS=policy["request_headers"],
    CORS_EXPOSE_HEADERS=policy["exposed_headers"],
    CORS_ALLOW_CREDENTIALS=policy["credentials"],
    CORS_PREFLIGHT_MAX_AGE=policy["max_age"],
    CORS_ALLOW_PRIVATE_NETWORK=policy["private_network"],
)


def authentication_middleware(get_response):
    def middleware(request):
        if request.path == "/protected" and "Authorization" not in request.headers:
            return HttpResponse(status=401, headers={"WWW-Authenticate": 'Basic realm="corspec"'})
        return get_response(request)

    return middleware


def resource(request):
    headers = {
        "X-Handler": "resource",
        "X-Total": "42",
        "X-Trace": "t1",
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=60",
    }
    return HttpResponse("resource", content_type="text/plain", headers=headers)


def failing(request):
    raise RuntimeError("failing")


def events(request):
    def generate():
        yield "id: 1\ndata: one\n\n"
        yield "id: 2\ndata: two\n\n"

    return StreamingHttpResponse(generate(), content_type="text/event-stream")


urlpatterns = [
    path("resource", resource),
    path("protected", resource),
    path("failing", failing),
    path("events", events),
]

application = get_wsgi_application()
