# Becomes geckodriver, with what Firefox needs in its environment.
#
#   sh -c "$(this)" sh DRIVER [ARGUMENT…]

# Its own code is the only place where Firefox says why it blocked a request. The option
# --allow-system-access means the same, but older drivers do not know it.
export MOZ_REMOTE_ALLOW_SYSTEM_ACCESS=1

# Whatever its profile is, Firefox leaves folders in the cache of the user.
export XDG_CACHE_HOME="$TMPDIR/cache"

exec "$@"
