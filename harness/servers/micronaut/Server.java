package app;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micronaut.core.annotation.Nullable;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Patch;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.Put;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.micronaut.runtime.Micronaut;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

@Controller
public class Server {
    public static void main(String[] args) throws Exception {
        Map<?, ?> policy = new ObjectMapper().readValue(System.getenv("CORSPEC_POLICY"), Map.class);
        Map<String, Object> properties = cors(policy);
        properties.put("micronaut.server.host", "127.0.0.1");
        properties.put("micronaut.server.port", System.getenv("PORT"));
        Micronaut.build(args).mainClass(Server.class).banner(false).properties(properties).start();
    }

    /** What application.yml says below micronaut.server.cors. */
    static Map<String, Object> cors(Map<?, ?> policy) {
        Map<String, Object> properties = new HashMap<>();
        properties.put("micronaut.server.cors.enabled", true);
        String web = "micronaut.server.cors.configurations.web.";
        properties.put(web + "allowed-methods", policy.get("methods"));
        properties.put(web + "allowed-headers", policy.get("request_headers"));
        properties.put(web + "exposed-headers", policy.get("exposed_headers"));
        properties.put(web + "allow-credentials", policy.get("credentials"));
        properties.put(web + "allow-private-network", policy.get("private_network"));
        properties.put(web + "max-age", policy.get("max_age"));
        List<String> origins = strings(policy.get("origins"));
        if (policy.get("null_origin").equals(true)) {
            origins.add("null");
        }
        // Without origins it allows every one.
        if (!origins.isEmpty()) {
            properties.put(web + "allowed-origins", origins);
        }
        List<String> patterns = strings(policy.get("origin_patterns"));
        if (!patterns.isEmpty()) {
            String regex = String.join("|", patterns).replace(".", "\\.").replace("*", ".*");
            properties.put(web + "allowed-origins-regex", "^(" + regex + ")$");
        }
        return properties;
    }

    @SuppressWarnings("unchecked")
    static List<String> strings(Object list) {
        return (List<String>) list;
    }

    @Get(uris = {"/resource", "/protected"}, produces = MediaType.TEXT_PLAIN)
    HttpResponse<String> resource() {
        return HttpResponse.ok("resource")
            .header("X-Handler", "resource")
            .header("X-Total", "42")
            .header("X-Trace", "t1")
            .header("Vary", "Accept-Encoding")
            .header("Cache-Control", "public, max-age=60");
    }

    @Consumes(MediaType.ALL)
    @Post(uris = {"/resource", "/protected"}, produces = MediaType.TEXT_PLAIN)
    HttpResponse<String> post() {
        return resource();
    }

    @Consumes(MediaType.ALL)
    @Put(uris = {"/resource", "/protected"}, produces = MediaType.TEXT_PLAIN)
    HttpResponse<String> put() {
        return resource();
    }

    @Consumes(MediaType.ALL)
    @Patch(uris = {"/resource", "/protected"}, produces = MediaType.TEXT_PLAIN)
    HttpResponse<String> patch() {
        return resource();
    }

    @Consumes(MediaType.ALL)
    @Delete(uris = {"/resource", "/protected"}, produces = MediaType.TEXT_PLAIN)
    HttpResponse<String> delete() {
        return resource();
    }

    @Get("/failing")
    String failing() {
        throw new IllegalStateException("failing");
    }

    @Get("/events")
    @Produces(MediaType.TEXT_EVENT_STREAM)
    String events() {
        return "id: 1\ndata: one\n\nid: 2\ndata: two\n\n";
    }

    @ServerFilter("/protected")
    static class RequireAuthorization {
        @RequestFilter
        @Nullable
        MutableHttpResponse<?> filter(HttpRequest<?> request) {
            if (request.getHeaders().contains("Authorization")) {
                return null;
            }
            return HttpResponse.unauthorized().header("WWW-Authenticate", "Basic realm=\"corspec\"");
        }
    }
}
