require "json"
require "rack"
require "rack/cors"

policy = JSON.parse(ENV.fetch("CORSPEC_POLICY"))

allowed = policy["origins"] + policy["origin_patterns"].map do |pattern|
  Regexp.new("\\A#{Regexp.escape(pattern).gsub('\*', '.+')}\\z")
end
# As a string it would be the name of a host.
allowed << /\Anull\z/ if policy["null_origin"]

use Rack::Cors do
  allow do
    origins(policy["any_origin"] ? "*" : allowed)
    resource "*",
             headers: policy["request_headers"],
             methods: policy["methods"].map { |method| method.downcase.to_sym },
             expose: policy["exposed_headers"],
             credentials: policy["credentials"],
             max_age: policy["max_age"]
  end
end

resource = lambda do |_env|
  headers = {
    "Content-Type" => "text/plain",
    "X-Handler" => "resource",
    "X-Total" => "42",
    "X-Trace" => "t1",
    "Vary" => "Accept-Encoding",
    "Cache-Control" => "public, max-age=60"
  }
  [200, headers, ["resource"]]
end

map("/resource") { run resource }

map "/protected" do
  use(Rack::Auth::Basic, "corspec") { true }
  run resource
end

map("/failing") { run ->(_env) { raise "failing" } }

map "/events" do
  run ->(_env) { [200, { "Content-Type" => "text/event-stream" }, ["id: 1\ndata: one\n\n", "id: 2\ndata: two\n\n"]] }
end
