#!/bin/sh
# Ends without an answer.
exit 1
