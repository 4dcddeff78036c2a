-- The application, for mod_lua: one function per path, named by LuaMapHandler.

function resource(r)
    r.content_type = "text/plain"
    r.headers_out["X-Handler"] = "resource"
    r.headers_out["X-Total"] = "42"
    r.headers_out["X-Trace"] = "t1"
    r.headers_out["Vary"] = "Accept-Encoding"
    r.headers_out["Cache-Control"] = "public, max-age=60"
    r:write("resource")
    return apache2.OK
end

function failing(r)
    error("failing")
end

function events(r)
    r.content_type = "text/event-stream"
    r:write("id: 1\ndata: one\n\n")
    r:write("id: 2\ndata: two\n\n")
    return apache2.OK
end
