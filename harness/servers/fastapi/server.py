import json
import os
import re

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse, StreamingResponse

policy = json.loads(os.environ["CORSPEC_POLICY"])

origins = policy["origins"] + (["null"] if policy["null_origin"] else [])
patterns = [re.escape(pattern).replace(r"\*", ".*") for pattern in policy["origin_patterns"]]

app = FastAPI()

app.add_middleware(
    CORSMiddleware,
    allow_origins=["*"] if policy["any_origin"] else origins,
    allow_origin_regex="|".join(patterns) or None,
    allow_methods=policy["methods"],
    allow_headers=policy["request_headers"],
    expose_headers=policy["exposed_headers"],
    allow_credentials=policy["credentials"],
    max_age=policy["max_age"],
    allow_private_network=policy["private_network"],
)


def authorized(request: Request):
    if "Authorization" not in request.headers:
        raise HTTPException(status_code=401, headers={"WWW-Authenticate": 'Basic realm="corspec"'})


@app.api_route("/protected", methods=policy["methods"], dependencies=[Depends(authorized)])
@app.api_route("/resource", methods=policy["methods"])
async def resource():
    headers = {
        "X-Handler": "resource",
        "X-Total": "42",
        "X-Trace": "t1",
        "Vary": "Accept-Encoding",
        "Cache-Control": "public, max-age=60",
    }
    return PlainTextResponse("resource", headers=headers)


@app.api_route("/failing", methods=policy["methods"])
async def failing():
    raise RuntimeError("failing")


@app.get("/events")
async def events():
    async def generate():
        yield "id: 1\ndata: one\n\n"
        yield "id: 2\ndata: two\n\n"

    return StreamingResponse(generate(), media_type="text/event-stream")
