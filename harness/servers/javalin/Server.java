import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.annotation.JsonNaming;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.UnauthorizedResponse;
import io.javalin.plugin.bundled.CorsPluginConfig.CorsRule;
import java.util.List;

public class Server {
    @JsonNaming(PropertyNamingStrategies.SnakeCaseStrategy.class)
    @JsonIgnoreProperties(ignoreUnknown = true)
    record Policy(boolean anyOrigin, List<String> origins, List<String> originPatterns, List<String> methods,
            List<String> exposedHeaders, boolean credentials, int maxAge) {}

    public static void main(String[] args) throws Exception {
        Policy policy = new ObjectMapper().readValue(System.getenv("CORSPEC_POLICY"), Policy.class);

        Javalin.create(config -> {
            config.bundledPlugins.enableCors(cors -> cors.addRule(rule -> configure(rule, policy)));
            config.routes.beforeMatched("/protected", Server::requireAuthorization);
            for (String method : policy.methods) {
                config.routes.addHttpHandler(HandlerType.findOrCreate(method), "/resource", Server::resource);
                config.routes.addHttpHandler(HandlerType.findOrCreate(method), "/protected", Server::resource);
            }
            config.routes.get("/failing", context -> {
                throw new IllegalStateException("failing");
            });
            config.routes.get("/events", context -> context
                .contentType("text/event-stream")
                .result("id: 1\ndata: one\n\nid: 2\ndata: two\n\n"));
        }).start("127.0.0.1", Integer.parseInt(System.getenv("PORT")));
    }

    static void configure(CorsRule rule, Policy policy) {
        if (policy.anyOrigin) {
            rule.anyHost();
        }
        policy.origins.forEach(rule::allowHost);
        policy.originPatterns.forEach(rule::allowHost);
        policy.exposedHeaders.forEach(rule::exposeHeader);
        rule.allowCredentials = policy.credentials;
        rule.maxAge = policy.maxAge;
    }

    static void resource(Context context) {
        context.res().addHeader("Vary", "Accept-Encoding");
        context.contentType("text/plain")
            .header("X-Handler", "resource")
            .header("X-Total", "42")
            .header("X-Trace", "t1")
            .header("Cache-Control", "public, max-age=60")
            .result("resource");
    }

    static void requireAuthorization(Context context) {
        if (context.header("Authorization") == null) {
            context.header("WWW-Authenticate", "Basic realm=\"corspec\"");
            throw new UnauthorizedResponse();
        }
    }
}
