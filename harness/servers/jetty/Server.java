import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.pathmap.PathSpec;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.CrossOriginHandler;
import org.eclipse.jetty.server.handler.PathMappingsHandler;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ajax.JSON;

public class Server {
    public static void main(String[] args) throws Exception {
        Map<?, ?> policy = (Map<?, ?>) new JSON().fromJSON(System.getenv("CORSPEC_POLICY"));

        PathMappingsHandler paths = new PathMappingsHandler();
        paths.addMapping(PathSpec.from("/resource"), new Resource());
        paths.addMapping(PathSpec.from("/protected"), new RequireAuthorization(new Resource()));
        paths.addMapping(PathSpec.from("/failing"), new Failing());
        paths.addMapping(PathSpec.from("/events"), new Events());
        CrossOriginHandler cors = crossOriginHandler(policy);
        cors.setHandler(paths);

        int port = Integer.parseInt(System.getenv("PORT"));
        var server = new org.eclipse.jetty.server.Server(new InetSocketAddress("127.0.0.1", port));
        server.setHandler(cors);
        server.start();
    }

    static CrossOriginHandler crossOriginHandler(Map<?, ?> policy) {
        // Patterns are regular expressions, in which a dot has to be escaped.
        Set<String> origins = new HashSet<>();
        strings(policy.get("origins")).forEach(origin -> origins.add(origin.replace(".", "\\.")));
        strings(policy.get("origin_patterns")).forEach(
            pattern -> origins.add(pattern.replace(".", "\\.").replace("*", ".*")));
        if (policy.get("any_origin").equals(true)) {
            origins.add("*");
        }
        if (policy.get("null_origin").equals(true)) {
            origins.add("null");
        }
        CrossOriginHandler cors = new CrossOriginHandler();
        cors.setAllowedOriginPatterns(origins);
        cors.setAllowedMethods(strings(policy.get("methods")));
        cors.setAllowedHeaders(strings(policy.get("request_headers")));
        cors.setExposedHeaders(strings(policy.get("exposed_headers")));
        cors.setAllowCredentials((Boolean) policy.get("credentials"));
        cors.setPreflightMaxAge(Duration.ofSeconds((Long) policy.get("max_age")));
        return cors;
    }

    static Set<String> strings(Object array) {
        Set<String> strings = new HashSet<>();
        for (Object string : (Object[]) array) {
            strings.add((String) string);
        }
        return strings;
    }

    static class Resource extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            HttpFields.Mutable headers = response.getHeaders();
            headers.put("Content-Type", "text/plain");
            headers.put("X-Handler", "resource");
            headers.put("X-Total", "42");
            headers.put("X-Trace", "t1");
            headers.add("Vary", "Accept-Encoding");
            headers.put("Cache-Control", "public, max-age=60");
            Content.Sink.write(response, true, "resource", callback);
            return true;
        }
    }

    static class Failing extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            throw new IllegalStateException("failing");
        }
    }

    static class Events extends Handler.Abstract {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.getHeaders().put("Content-Type", "text/event-stream");
            Content.Sink.write(response, true, "id: 1\ndata: one\n\nid: 2\ndata: two\n\n", callback);
            return true;
        }
    }

    static class RequireAuthorization extends Handler.Wrapper {
        RequireAuthorization(Handler handler) {
            super(handler);
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            if (request.getHeaders().contains("Authorization")) {
                return super.handle(request, response, callback);
            }
            response.getHeaders().put("WWW-Authenticate", "Basic realm=\"corspec\"");
            Response.writeError(request, response, callback, HttpStatus.UNAUTHORIZED_401);
            return true;
        }
    }
}
