#!/usr/bin/env bash
# Builds the example, runs two replicas of it in a kind cluster, deletes the leader's pod, and checks that the other
# one leads. Needs docker, kind and kubectl. The cluster is deleted at the end unless KEEP=1.
set -euo pipefail
cd "$(dirname "$0")"

cluster=leader-election-example
context=kind-$cluster
build=$(mktemp -d)
cleanup() {
  rm -rf "$build"
  [ "${KEEP:-}" = 1 ] || kind delete cluster --name "$cluster"
}
trap cleanup EXIT

(cd .. && npm pack --pack-destination "$build" >/dev/null)
mv "$build"/*.tgz "$build/package.tgz"
cp app.ts "$build"
docker build --tag kubernetes-leader-election-example:local --file Dockerfile "$build"

kind get clusters | grep -qx "$cluster" || kind create cluster --name "$cluster" --wait 120s
kind load docker-image --name "$cluster" kubernetes-leader-election-example:local
kubectl --context "$context" apply -f deployment.yml
kubectl --context "$context" rollout status deployment/example --timeout 120s

holder() { kubectl --context "$context" get lease example -o 'jsonpath={.spec.holderIdentity}' 2>/dev/null || true; }

# await_leader PREVIOUS: waits until the Lease names a holder other than PREVIOUS, at most 60 s; prints it.
await_leader() {
  for _ in $(seq 120); do
    local now
    now=$(holder)
    if [ -n "$now" ] && [ "$now" != "$1" ]; then echo "$now"; return; fi
    sleep 0.5
  done
  echo "no leader other than '$1' within 60 s" >&2
  return 1
}

first=$(await_leader "")
echo "leader: $first"
kubectl --context "$context" wait --for=condition=Ready "pod/$first" --timeout 60s
kubectl --context "$context" delete pod "$first" --wait=false
second=$(await_leader "$first")
echo "leader after its pod was deleted: $second"
kubectl --context "$context" logs "$second" | grep -q "working, fencing token" ||
  { sleep 2; kubectl --context "$context" logs "$second" | grep "working, fencing token"; }
echo "1 passed, 0 failed"
