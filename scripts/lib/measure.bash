# shellcheck shell=bash
# Times, and what is made of them. For scripts that define `fail STATUS MESSAGE…` and a folder `$work`.

# Runs a command and sets `elapsed` to the seconds it took. What it says goes to $work/said; a command
# that fails ends everything, for its time would mean nothing.
timed() {
    local begin=$EPOCHREALTIME status=0
    "$@" >"$work/said" 2>&1 || status=$?
    local end=$EPOCHREALTIME
    if ((status != 0)); then
        tail -n 20 "$work/said" >&2
        fail 1 "failed with $status: $*"
    fi
    elapsed=$(calculate "$end - $begin")
}

# Runs commands in turns, the first of each round after the last of the round before, so that a busy
# moment of the machine hits all of them. Adds the seconds of each to the array of its name.
#
#   in_turns ROUNDS name…        runs the functions `run_<name>`, fills the arrays `times_<name>`
in_turns() {
    local rounds=$1 round name
    shift
    for ((round = 0; round < rounds; round++)); do
        for name in "$@"; do
            timed "run_$name"
            local -n times="times_$name"
            times+=("$elapsed")
        done
    done
}

# The median of the numbers given.
median() {
    printf '%s\n' "$@" | sort -g | awk '
        { value[NR] = $1 }
        END {
            middle = int((NR + 1) / 2)
            print NR % 2 ? value[middle] : (value[middle] + value[middle + 1]) / 2
        }'
}

# The value of an arithmetic expression in floating point.
calculate() {
    awk "BEGIN { printf \"%.9g\", $1 }"
}

# Whether a comparison in floating point holds.
holds() {
    awk "BEGIN { exit !($1) }"
}

# A number with thousands separated, without decimals.
grouped() {
    printf "%.0f" "$1" | sed -E ':again; s/^([0-9]+)([0-9]{3})/\1,\2/; t again'
}

# A number with so many decimals.
rounded() {
    printf "%.$2f" "$1"
}
