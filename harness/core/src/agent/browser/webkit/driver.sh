# Gives the browser a display and a home of its own, then becomes the driver.
#
#   sh -c "$(this)" sh DRIVER PORT BROWSER LAUNCHER
#
# LAUNCHER is the text of launcher.py. All files are in TMPDIR, and all processes in the group of this
# one, so that the supervisor of the session ends and removes them.

driver=$1
port=$2
browser=$3
launcher=$4
PATH="$TMPDIR:$PATH:/usr/local/bin:/usr/bin"
export PATH

# Neither settings of the user nor services of the desktop may matter.
unset XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME WAYLAND_DISPLAY LC_ALL LC_MESSAGES
unset WEBKIT_INSPECTOR_SERVER WEBKIT_INSPECTOR_HTTP_SERVER
export HOME="$TMPDIR" XDG_RUNTIME_DIR="$TMPDIR"
export DBUS_SESSION_BUS_ADDRESS=disabled: GIO_USE_VFS=local GSETTINGS_BACKEND=memory
export GTK_A11Y=none NO_AT_BRIDGE=1
export LANG=C.UTF-8
unset LANGUAGE

if command -v Xvfb >/dev/null; then
    mkfifo "$TMPDIR/display"
    # Whoever kills it leaves no file behind: with -displayfd it makes no lock, and without its socket
    # in the file system it still has an abstract one.
    Xvfb -displayfd 3 -nolisten tcp -nolisten unix -noreset -screen 0 800x600x24 \
        3>"$TMPDIR/display" >"$TMPDIR/display-log" 2>&1 &
    if ! read -r display <"$TMPDIR/display"; then
        echo "Xvfb does not start:" >&2
        tail -n 5 "$TMPDIR/display-log" >&2
        exit 1
    fi
    export DISPLAY=":$display" GDK_BACKEND=x11
    unset XAUTHORITY
fi

printf '%s' "$launcher" >"$TMPDIR/launcher.py"
# The driver starts this by its name. MiniBrowser cannot tell why it blocks a request, for its console
# is silent when it is automated; launcher.py runs the same library, where that is the system's.
case $browser in
    /usr/lib/* | /usr/lib64/* | /usr/libexec/*)
        python=/usr/bin/python3
        [ -x "$python" ] || python=$(command -v python3)
        ;;
    *) python= ;;
esac
if [ -n "$python" ]; then
    set -- "$python" "$TMPDIR/launcher.py" "$browser"
else
    set -- "$browser" --automation
fi
{
    echo '#!/bin/sh'
    printf "'%s' " "$@"
    # Every process of the browser appends to it, and all of them write whole lines.
    echo '>/dev/null 2>>"$TMPDIR/console"'
    # The driver would wait for ever for a browser that is gone, and pass on nothing that it said.
    echo "tail -n 5 \"\$TMPDIR/console\" >/proc/$$/fd/2"
    echo "kill -s TERM $$"
} >"$TMPDIR/corspec-webkit"
chmod +x "$TMPDIR/corspec-webkit"

exec "$driver" --port="$port"
