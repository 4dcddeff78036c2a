import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.filters.CorsFilter;
import org.apache.catalina.servlets.DefaultServlet;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.apache.tomcat.util.json.JSONParser;

public class Server {
    public static void main(String[] args) throws Exception {
        Map<String, Object> policy = new JSONParser(System.getenv("CORSPEC_POLICY")).parseObject();

        Connector connector = new Connector();
        connector.setProperty("address", "127.0.0.1");
        connector.setPort(Integer.parseInt(System.getenv("PORT")));
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(System.getProperty("java.io.tmpdir"));

        Context context = tomcat.addContext("", null);
        addFilter(context, "/*", corsFilter(policy));
        FilterDef requireAuthorization = new FilterDef();
        requireAuthorization.setFilterName("authorization");
        requireAuthorization.setFilter(new RequireAuthorization());
        addFilter(context, "/protected", requireAuthorization);
        // Without it nothing is mapped to unknown paths, and no filter runs for them.
        addServlet(context, "/", new DefaultServlet());
        addServlet(context, "/resource", new Resource());
        addServlet(context, "/protected", new Resource());
        addServlet(context, "/failing", new Failing());
        addServlet(context, "/events", new Events());

        // Tomcat would listen without the application if that could not be started.
        tomcat.start();
        if (!context.getState().isAvailable()) {
            System.exit(1);
        }
        tomcat.setConnector(connector);
    }

    /** What web.xml says in a filter element. */
    static FilterDef corsFilter(Map<String, Object> policy) {
        List<Object> origins = new ArrayList<>((List<?>) policy.get("origins"));
        if (policy.get("any_origin").equals(true)) {
            origins.add("*");
        }
        if (policy.get("null_origin").equals(true)) {
            origins.add("null");
        }
        FilterDef cors = new FilterDef();
        cors.setFilterName("cors");
        cors.setFilterClass(CorsFilter.class.getName());
        cors.addInitParameter(CorsFilter.PARAM_CORS_ALLOWED_ORIGINS, commaSeparated(origins));
        cors.addInitParameter(CorsFilter.PARAM_CORS_ALLOWED_METHODS, commaSeparated(policy.get("methods")));
        cors.addInitParameter(CorsFilter.PARAM_CORS_ALLOWED_HEADERS, commaSeparated(policy.get("request_headers")));
        cors.addInitParameter(CorsFilter.PARAM_CORS_EXPOSED_HEADERS, commaSeparated(policy.get("exposed_headers")));
        cors.addInitParameter(CorsFilter.PARAM_CORS_SUPPORT_CREDENTIALS, policy.get("credentials").toString());
        cors.addInitParameter(CorsFilter.PARAM_CORS_PREFLIGHT_MAXAGE, policy.get("max_age").toString());
        return cors;
    }

    static String commaSeparated(Object list) {
        return String.join(",", ((List<?>) list).stream().map(Object::toString).toList());
    }

    static void addFilter(Context context, String path, FilterDef filter) {
        FilterMap map = new FilterMap();
        map.setFilterName(filter.getFilterName());
        map.addURLPattern(path);
        context.addFilterDef(filter);
        context.addFilterMap(map);
    }

    static void addServlet(Context context, String path, HttpServlet servlet) {
        Tomcat.addServlet(context, path, servlet);
        context.addServletMappingDecoded(path, path);
    }

    static class Resource extends HttpServlet {
        @Override
        protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setContentType("text/plain");
            response.setHeader("X-Handler", "resource");
            response.setHeader("X-Total", "42");
            response.setHeader("X-Trace", "t1");
            response.addHeader("Vary", "Accept-Encoding");
            response.setHeader("Cache-Control", "public, max-age=60");
            response.getWriter().print("resource");
        }
    }

    static class Failing extends HttpServlet {
        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws ServletException {
            throw new ServletException("failing");
        }
    }

    static class Events extends HttpServlet {
        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            response.setContentType("text/event-stream");
            response.getWriter().print("id: 1\ndata: one\n\nid: 2\ndata: two\n\n");
        }
    }

    static class RequireAuthorization extends HttpFilter {
        @Override
        protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            if (request.getHeader("Authorization") == null) {
                response.setHeader("WWW-Authenticate", "Basic realm=\"corspec\"");
                response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
            } else {
                chain.doFilter(request, response);
            }
        }
    }
}
