#!/usr/bin/env bash
# One gating in CI, the same under every CI server: lint, test, lock, run, report, sign, submit.
#
# Settings come from the environment and are never pasted into a command line:
#   ASSAY_CONFIG        assay.yaml                        ASSAY_RUNS     runs
#   ASSAY_POLICIES      policy files to lint and test, one a line
#   ASSAY_OUT           out: summary.md, junit.xml, results.sarif, metrics.txt, verdict.json
#   ASSAY_POLICY_PATH   where the policy that judges lies in the repository, so that SARIF points at it
#   ASSAY_LOCK          a lock that was published before; without it this job writes its own first
#   ASSAY_WAIVERS  ASSAY_TRUST  ASSAY_CACHE               passed on where they are set
#   ASSAY_STORE         where last release, waivers and ledger are found, and where the run is submitted; made
#                       once by hand: assay store new URL
#   ASSAY_FAIL_ON       warn: warnings end in exit code 4
#   ASSAY_SIGNING_KEY   private key in PEM; signs passes and failures alike, in the role ASSAY_ROLE (ci)
#
# Exit code: the verdict's own (0, 1, 3, 4), or that of the first step that could not be done. A run
# whose verdict cannot be found ends in 3: nothing that is missing is a pass.
set -uo pipefail

config=${ASSAY_CONFIG:-assay.yaml}
runs=${ASSAY_RUNS:-runs}
out=${ASSAY_OUT:-out}
mkdir -p "$out" "$runs"
rm -f "$out"/verdict.json "$out"/summary.md "$out"/junit.xml "$out"/results.sarif "$out"/metrics.txt

say() { printf '%s\n' "$*" >&2; }
stop() { # stop CODE WORDS...
  local code=$1
  shift
  say "$*"
  exit "$code"
}

while IFS= read -r policy; do
  [ -n "$policy" ] || continue
  assay policy lint "$policy" || stop $? "The policy $policy cannot be judged by."
  assay policy test "$policy" || stop $? "The tests of the policy $policy fail or are missing."
done <<<"${ASSAY_POLICIES:-}"

lock=${ASSAY_LOCK:-}
if [ -z "$lock" ]; then
  lock=$out/policy.lock.json
  assay policy lock "$config" -o "$lock" || stop $? "What is to be judged cannot be locked."
fi

options=(--runs "$runs" --lock "$lock" --json)
[ -z "${ASSAY_WAIVERS:-}" ] || options+=(--waivers "$ASSAY_WAIVERS")
[ -z "${ASSAY_TRUST:-}" ] || options+=(--trust "$ASSAY_TRUST")
# one store for all steps, whatever the config names
[ -z "${ASSAY_STORE:-}" ] || options+=(--store "$ASSAY_STORE")
[ -z "${ASSAY_CACHE:-}" ] || options+=(--cache "$ASSAY_CACHE")
[ -z "${ASSAY_FAIL_ON:-}" ] || options+=(--fail-on "$ASSAY_FAIL_ON")
assay run "$config" "${options[@]}" >"$out/verdict.json"
code=$?

# the run is named by its verdict: "latest" would be an older one where this one was not sealed
run=$(python3 -c 'import json, sys
said = json.load(open(sys.argv[1], encoding="utf-8"))
if said["exit_code"] != int(sys.argv[2]):
    sys.exit(3)
print(said["run_id"])' "$out/verdict.json" "$code" 2>/dev/null)
if [ -z "$run" ]; then
  rm -f "$out/verdict.json"
  [ "$code" -ne 0 ] || code=3
  stop "$code" "No verdict was reached (exit code $code)."
fi

# code scanning raises an alert for what passes too: it gets only what did not
pointed=()
[ -z "${ASSAY_POLICY_PATH:-}" ] || pointed=(--policy-path "$ASSAY_POLICY_PATH")
for form in md:summary.md junit:junit.xml sarif-alerts:results.sarif metrics:metrics.txt; do
  assay report "$run" --runs "$runs" --format "${form%%:*}" --out "$out/${form##*:}" \
    ${pointed[@]+"${pointed[@]}"} >/dev/null ||
    { [ "$code" -ne 0 ] || code=3; say "The report ${form##*:} could not be written."; }
done

if [ -n "${ASSAY_SIGNING_KEY:-}" ]; then
  trusted=()
  [ -z "${ASSAY_TRUST:-}" ] || trusted=(--trust "$ASSAY_TRUST")
  assay sign "$run" --runs "$runs" --key env:ASSAY_SIGNING_KEY --role "${ASSAY_ROLE:-ci}" \
    ${trusted[@]+"${trusted[@]}"} >&2 ||
    { [ "$code" -ne 0 ] || code=3; say "The verdict could not be signed."; }
fi

if [ -n "${ASSAY_STORE:-}" ]; then
  assay submit "$run" --runs "$runs" --store "$ASSAY_STORE" >&2 ||
    { [ "$code" -ne 0 ] || code=3; say "The run could not be submitted."; }
fi

say "Run $run: exit code $code."
exit "$code"
