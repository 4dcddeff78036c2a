# shellcheck shell=bash
# What scripts/bench has others read: a server's configuration, hurl's files, case files.

# nginx that allows what the calls measured need, and does nothing else.
write_nginx_configuration() {
    local folder=$1 port=$2
    mkdir -p "$folder/temporary"
    cat >"$folder/nginx.conf" <<END
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
    access_log off;
    # Nobody's connection is closed for having been used often.
    keepalive_requests 1000000;
    client_body_temp_path $folder/temporary;
    proxy_temp_path $folder/temporary;
    fastcgi_temp_path $folder/temporary;
    uwsgi_temp_path $folder/temporary;
    scgi_temp_path $folder/temporary;
    server {
        listen 127.0.0.1:$port;
        add_header Access-Control-Allow-Origin http://app.localhost always;
        add_header Access-Control-Allow-Methods PUT always;
        add_header Access-Control-Allow-Headers x-probe always;
        location / {
            if (\$request_method = OPTIONS) { return 204; }
            return 200 "ok";
        }
    }
}
END
}

# Calls for hurl with what a browser checks as assertions, spread evenly over so many files.
write_hurl_files() {
    local folder=$1 url=$2 calls=$3 files=$4 number
    mkdir -p "$folder"
    for ((number = 0; number < calls; number++)); do
        cat >>"$folder/$((number % files)).hurl" <<END
OPTIONS $url/$number
Origin: http://app.localhost
Access-Control-Request-Method: PUT
Access-Control-Request-Headers: x-probe
HTTP 204
[Asserts]
header "Access-Control-Allow-Origin" == "http://app.localhost"
header "Access-Control-Allow-Methods" contains "PUT"
header "Access-Control-Allow-Headers" contains "x-probe"

PUT $url/$number
Origin: http://app.localhost
x-probe: 1
HTTP 200
[Asserts]
header "Access-Control-Allow-Origin" == "http://app.localhost"

END
    done
}

# Case files with so many permutations, a multiple of 100: ten scenarios a file, a hundred
# permutations a scenario, each a preflight and the actual request.
write_cases() {
    local folder=$1 permutations=$2 number
    mkdir -p "$folder/generated"
    for ((number = 0; number < permutations / 100; number++)); do
        local file="$folder/generated/topic-$((number / 10)).yaml"
        if ((number % 10 == 0)); then
            cat >"$file" <<END
title: Generated - topic $((number / 10))
about: user-agent
defaults: { page: app, request: { to: api, via: fetch } }
scenarios:
END
        fi
        cat >>"$file" <<END
  - id: scenario-$number
    title: Scenario $number of many that are alike
    covers: [pf-acah-every-unsafe-name]
    axes: { first: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], second: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] }
    request: { method: PUT, headers: { x-probe: \$first\$second } }
    server:
      preflight: { headers: { Access-Control-Allow-Origin: \$page, Access-Control-Allow-Methods: PUT, Access-Control-Allow-Headers: x-probe } }
      response: { headers: { Access-Control-Allow-Origin: \$page } }
    expect: { outcome: allow, sent: [OPTIONS, { method: PUT, headers: { x-probe: \$first\$second } }] }
END
    done
}
