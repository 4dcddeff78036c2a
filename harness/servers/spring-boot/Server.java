package app;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.HandlerInterceptor;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.InterceptorRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

@SpringBootApplication
@EnableConfigurationProperties(Server.Policy.class)
@RestController
public class Server implements WebMvcConfigurer {
    @ConfigurationProperties("policy")
    record Policy(boolean anyOrigin, List<String> origins, List<String> originPatterns, boolean nullOrigin,
            List<String> methods, List<String> requestHeaders, List<String> exposedHeaders, boolean credentials,
            long maxAge, boolean privateNetwork) {}

    private final Policy policy;

    Server(Policy policy) {
        this.policy = policy;
    }

    public static void main(String[] args) {
        String policy = System.getenv("CORSPEC_POLICY");
        SpringApplication.run(Server.class, "--spring.application.json={\"policy\":" + policy + "}");
    }

    @Override
    public void addCorsMappings(CorsRegistry registry) {
        var cors = registry.addMapping("/**")
            .allowedMethods(policy.methods.toArray(String[]::new))
            .allowedHeaders(policy.requestHeaders.toArray(String[]::new))
            .exposedHeaders(policy.exposedHeaders.toArray(String[]::new))
            .allowCredentials(policy.credentials)
            .allowPrivateNetwork(policy.privateNetwork)
            .maxAge(policy.maxAge);
        if (policy.anyOrigin) {
            cors.allowedOrigins("*");
        } else if (!policy.originPatterns.isEmpty()) {
            cors.allowedOriginPatterns(policy.originPatterns.toArray(String[]::new));
        } else {
            if (policy.nullOrigin) {
                policy.origins.add("null");
            }
            cors.allowedOrigins(policy.origins.toArray(String[]::new));
        }
    }

    @RequestMapping({"/resource", "/protected"})
    ResponseEntity<String> resource() {
        return ResponseEntity.ok()
            .contentType(MediaType.TEXT_PLAIN)
            .header("X-Handler", "resource")
            .header("X-Total", "42")
            .header("X-Trace", "t1")
            .varyBy("Accept-Encoding")
            .header("Cache-Control", "public, max-age=60")
            .body("resource");
    }

    @GetMapping("/failing")
    void failing() {
        throw new IllegalStateException("failing");
    }

    @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    String events() {
        return "id: 1\ndata: one\n\nid: 2\ndata: two\n\n";
    }

    @Override
    public void addInterceptors(InterceptorRegistry registry) {
        registry.addInterceptor(new RequireAuthorization()).addPathPatterns("/protected");
    }

    static class RequireAuthorization implements HandlerInterceptor {
        @Override
        public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
            if (request.getHeader("Authorization") != null) {
                return true;
            }
            response.setHeader("WWW-Authenticate", "Basic realm=\"corspec\"");
            response.setStatus(HttpServletResponse.SC_UNAUTHORIZED);
            return false;
        }
    }
}
