#!/bin/sh
printf 'Content-Type: text/event-stream\r\n\r\n'
printf 'id: 1\ndata: one\n\n'
printf 'id: 2\ndata: two\n\n'
