# Sourced by run and stop: where the private instance lives and which processes are its own.

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
RUN=$TOP/.run
PYTHON=/usr/bin/python3

# PostgreSQL refuses to run as root; an account without rights runs it then.
AS_DB=()
DB_USER=$(id -un)
if ((EUID == 0)); then
    DB_USER=nobody
    if getent passwd postgres >/dev/null; then DB_USER=postgres; fi
    AS_DB=(setpriv --reuid "$DB_USER" --regid "$(id -g "$DB_USER")" --clear-groups)
fi

# Data, keys and process ids stay together: in .run, or where the database's account cannot reach
# it (a checkout under somebody's home), in a directory whose name comes from the checkout's path.
mkdir -p "$RUN"
PLACE=$RUN
if ! "${AS_DB[@]}" test -x "$RUN"; then
    PLACE=/var/tmp/redthread-$(printf %s "$TOP" | sha256sum | cut -c1-12)
fi

start_time() { # PID: when the process began, in ticks; nothing if there is none
    sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

remember() { # NAME PID
    echo "$2 $(start_time "$2")" >"$PLACE/$1.pid"
}

# A process id alone may have been given to somebody else meanwhile; with its start time it is ours.
own_pid() { # NAME: prints the id of our running process, fails if there is none
    local pid started
    read -r pid started 2>/dev/null <"$PLACE/$1.pid" || return 1
    [[ -n $started && $(start_time "$pid") == "$started" ]] || return 1
    echo "$pid"
}

running() { own_pid "$1" >/dev/null; }
