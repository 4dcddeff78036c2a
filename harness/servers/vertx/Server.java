import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

public class Server {
    public static void main(String[] args) {
        JsonObject policy = new JsonObject(System.getenv("CORSPEC_POLICY"));
        CorsHandler cors = corsHandler(policy);

        Vertx vertx = Vertx.vertx();
        Router router = Router.router(vertx);
        router.route().handler(cors);
        for (String method : strings(policy, "methods")) {
            router.route(HttpMethod.valueOf(method), "/resource").handler(Server::resource);
            router.route(HttpMethod.valueOf(method), "/protected")
                .handler(Server::requireAuthorization).handler(Server::resource);
        }
        router.get("/failing").handler(context -> {
            throw new IllegalStateException("failing");
        });
        router.get("/events").handler(context -> context.response()
            .putHeader("Content-Type", "text/event-stream")
            .end("id: 1\ndata: one\n\nid: 2\ndata: two\n\n"));

        vertx.createHttpServer().requestHandler(router)
            .listen(Integer.parseInt(System.getenv("PORT")), "127.0.0.1")
            .onFailure(failure -> {
                failure.printStackTrace();
                System.exit(1);
            });
    }

    static CorsHandler corsHandler(JsonObject policy) {
        Set<HttpMethod> methods = strings(policy, "methods").stream()
            .map(HttpMethod::valueOf).collect(Collectors.toCollection(LinkedHashSet::new));
        // Without origins it allows every one.
        CorsHandler cors = CorsHandler.create()
            .addOrigins(strings(policy, "origins"))
            .allowedMethods(methods)
            .allowedHeaders(new LinkedHashSet<>(strings(policy, "request_headers")))
            .exposedHeaders(new LinkedHashSet<>(strings(policy, "exposed_headers")))
            .allowCredentials(policy.getBoolean("credentials"))
            .maxAgeSeconds(policy.getInteger("max_age"))
            .allowPrivateNetwork(policy.getBoolean("private_network"));
        for (String pattern : strings(policy, "origin_patterns")) {
            cors.addOriginWithRegex(pattern.replace(".", "\\.").replace("*", ".*"));
        }
        if (policy.getBoolean("null_origin")) {
            cors.addOrigin("null");
        }
        return cors;
    }

    static List<String> strings(JsonObject policy, String key) {
        JsonArray array = policy.getJsonArray(key);
        return array.stream().map(Object::toString).toList();
    }

    static void resource(RoutingContext context) {
        context.response().headers().add("Vary", "Accept-Encoding");
        context.response()
            .putHeader("Content-Type", "text/plain")
            .putHeader("X-Handler", "resource")
            .putHeader("X-Total", "42")
            .putHeader("X-Trace", "t1")
            .putHeader("Cache-Control", "public, max-age=60")
            .end("resource");
    }

    static void requireAuthorization(RoutingContext context) {
        if (context.request().getHeader("Authorization") == null) {
            context.response().putHeader("WWW-Authenticate", "Basic realm=\"corspec\"");
            context.fail(401);
        } else {
            context.next();
        }
    }
}
