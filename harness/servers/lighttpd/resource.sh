#!/bin/sh
# The application, by CGI.
printf '%s\r\n' \
    'Content-Type: text/plain' \
    'X-Handler: resource' \
    'X-Total: 42' \
    'X-Trace: t1' \
    'Vary: Accept-Encoding' \
    'Cache-Control: public, max-age=60' \
    ''
printf 'resource'
