# What the judges of this folder share. Source it: it defines functions and does nothing by itself.
#
# A judge is a script that plays with the built program from outside, with tools that others wrote:
#   .ci/<judge> BINARY        BINARY defaults to the debug build
#
# The tools are pinned by the judges and kept below HANDBACK_CI_TOOLS (default: ci-tools in the target folder), one
# folder per set of pins, so that they are installed once and a changed pin is a fresh folder.

set -euo pipefail

ci_target="${CARGO_TARGET_DIR:-target}"
ci_tools="${HANDBACK_CI_TOOLS:-$ci_target/ci-tools}"
ci_folder=""
server_pid=""

# judge_begin [BINARY]: the path of the program in `handback`, a scratch folder in `ci_folder` that goes away at the end.
judge_begin() {
    handback="$(realpath "${1:-$ci_target/debug/handback}")"
    [ -x "$handback" ] || { echo "there is no program at $handback: run cargo build first" >&2; exit 2; }
    # Nothing of the caller's own settings reaches the program.
    local name
    for name in $(compgen -e | grep '^HANDBACK_' || true); do unset "$name"; done
    ci_folder="$(mktemp -d)"
    trap judge_end EXIT
}

judge_end() {
    local code=$?
    [ "$code" -eq 0 ] || tail -n 30 "$ci_folder"/*.log >&2 2>/dev/null || true
    stop_server
    rm -rf "$ci_folder"
}

# A folder name that changes with the pins.
pins_folder() {
    printf '%s/%s-%s' "$ci_tools" "$1" "$(printf '%s\n' "${@:2}" | sha256sum | cut -c1-12)"
}

# tools_venv NAME PACKAGE==VERSION…: a Python environment with these packages; its `bin` comes first in PATH.
tools_venv() {
    local folder
    folder="$(pins_folder "$@")"
    if [ ! -e "$folder/.complete" ]; then
        rm -rf "$folder"
        mkdir -p "$ci_tools"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check "${@:2}"
        touch "$folder/.complete"
    fi
    PATH="$(realpath "$folder")/bin:$PATH"
    export PATH
}

# tools_npm NAME PACKAGE@VERSION…: these packages; their commands come first in PATH, their code in NODE_PATH.
tools_npm() {
    local folder
    folder="$(pins_folder "$@")"
    if [ ! -e "$folder/.complete" ]; then
        rm -rf "$folder"
        mkdir -p "$folder"
        npm install --silent --no-audit --no-fund --prefix "$folder" "${@:2}" >"$folder/install.log" 2>&1 \
            || { cat "$folder/install.log" >&2; return 1; }
        touch "$folder/.complete"
    fi
    folder="$(realpath "$folder")"
    PATH="$folder/node_modules/.bin:$PATH"
    NODE_PATH="$folder/node_modules"
    export PATH NODE_PATH
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_server [FLAG…]: serves a fresh SQLite database of `$ci_folder/data` with these flags. Afterwards `base` is its
# address and `data` its folder; its log is `$ci_folder/server.log`.
start_server() {
    local port
    port="$(free_port)"
    base="http://127.0.0.1:$port"
    data="$ci_folder/data"
    "$handback" serve --data-dir "$data" --listen "127.0.0.1:$port" --log-format json "$@" \
        >"$ci_folder/server.log" 2>&1 &
    server_pid=$!
    wait_for "$base/livez"
}

# start_demo [FLAG…]: the same with the invented data of `handback demo`. Afterwards `client_id` and `client_secret`
# open everything.
start_demo() {
    data="$ci_folder/demo"
    "$handback" demo --port 0 --no-mail-window --json --data "$data" --log-format json "$@" \
        >"$ci_folder/demo.json" 2>"$ci_folder/server.log" &
    server_pid=$!
    local _
    for _ in $(seq 100); do
        [ ! -s "$ci_folder/demo.json" ] || break
        kill -0 "$server_pid" 2>/dev/null || { echo "the program stopped" >&2; return 1; }
        sleep 0.1
    done
    base="$(json_field base_url <"$ci_folder/demo.json")"
    client_id="$(json_field client_id <"$ci_folder/demo.json")"
    client_secret="$(json_field client_secret <"$ci_folder/demo.json")"
    wait_for "$base/livez"
}

# wait_for URL: until something answers there with success.
wait_for() {
    local _
    for _ in $(seq 100); do
        if curl -sf -o /dev/null --noproxy '*' "$1"; then return 0; fi
        sleep 0.1
    done
    echo "nothing answers at $1" >&2
    return 1
}

stop_server() {
    [ -n "$server_pid" ] || return 0
    kill "$server_pid" 2>/dev/null || true
    wait "$server_pid" 2>/dev/null || true
    server_pid=""
}

# json_field NAME: that member of the JSON object on standard input.
json_field() {
    python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"
}

# account NAME SCOPE…: makes a service account of the running server; its credentials are in client_id and client_secret.
account() {
    local made scopes=() scope
    for scope in "${@:2}"; do scopes+=(--scope "$scope"); done
    made="$("$handback" service-account create "$1" "${scopes[@]}" --json --data-dir "$data")"
    client_id="$(json_field client_id <<<"$made")"
    client_secret="$(json_field client_secret <<<"$made")"
}

# token [SCOPE…]: an access token of that account, for some of its scopes or for all.
token() {
    local form=(-d grant_type=client_credentials)
    [ $# -eq 0 ] || form+=(--data-urlencode "scope=$*")
    curl -sf --noproxy '*' -u "$client_id:$client_secret" "${form[@]}" "$base/oauth/token" | json_field access_token
}

# no_faults: fails if the server met a fault of ours (an answer 500 or a panic) since it was started.
no_faults() {
    if grep -E 'request failed|panicked' "$ci_folder/server.log" >&2; then
        echo "the server met a fault of its own" >&2
        return 1
    fi
}
