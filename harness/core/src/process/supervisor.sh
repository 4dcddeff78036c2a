# Runs a program and outlives corspec by just long enough to leave nothing of it behind.
#
#   sh -c "$(this)" sh DIRECTORY PROGRAM [ARGUMENT…]
#
# The program gets a process group of its own, DIRECTORY as its TMPDIR, and a mark in its environment.
# The session ends when the program exits, when standard input reaches its end (corspec closed it, or
# is gone, whatever killed it) or when a signal arrives. Then the group is killed, so is everything
# that left the group but carries the mark, and DIRECTORY is removed.

directory=$1
shift
driver=
stopped=

stop() {
    stopped=yes
    # The process itself too: it may not have become the leader of its group yet.
    if [ -n "$driver" ]; then kill -s KILL -- "-$driver" "$driver"; fi
}
trap stop HUP INT TERM

# Nobody may be left to read: what the shell itself says of killed processes would end it.
exec 3<&0 4>&2 </dev/null 2>/dev/null
export CORSPEC_SESSION="$directory" TMPDIR="$directory"
if command -v setsid >/dev/null; then
    setsid "$@" 2>&4 3<&- 4>&- &
else
    set -m
    "$@" 2>&4 3<&- 4>&- &
    set +m
fi
driver=$!
# What is started from here on must not be taken for a part of the session.
unset CORSPEC_SESSION
# A signal may have come before there was anything to kill.
if [ -n "$stopped" ]; then stop; fi

(
    trap - HUP INT TERM
    while read -r _; do :; done <&3
    stop
) &
watcher=$!
exec 3<&- 4>&-

# A trapped signal ends `wait` early.
while :; do
    wait "$driver"
    status=$?
    kill -0 "$driver" || break
done
kill -s KILL "$watcher"

# Two looks in a row must find nothing: a process that is just executing a program shows no mark.
attempts=0
clear=0
while [ "$clear" -lt 2 ] && [ "$attempts" -lt 100 ]; do
    kill -s KILL -- "-$driver"
    survivors=$(grep -l -s -F "CORSPEC_SESSION=$directory" /proc/[0-9]*/environ)
    if [ -z "$survivors" ]; then clear=$((clear + 1)); else clear=0; fi
    for environment in $survivors; do
        process=${environment#/proc/}
        kill -s KILL "${process%/environ}"
    done
    sleep 0.02
    attempts=$((attempts + 1))
done
rm -rf -- "$directory" || { sleep 0.2; rm -rf -- "$directory"; }
exit "$status"
