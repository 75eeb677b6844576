#!/bin/sh
# forecast-staged.sh FOLDER: what the manifests that are staged do to a cluster that holds those of the last commit.
# Needs hellok8s-lab on the PATH (cargo install --path LAB, in a clone of the lab). Fails when the change interrupts
# service, stalls, or is refused.
set -eu
folder=${1:?forecast-staged.sh FOLDER}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/old/$folder" "$work/new/$folder"
# Before the first commit there is nothing.
if git rev-parse --quiet --verify HEAD >/dev/null && [ -n "$(git ls-tree HEAD -- "$folder")" ]; then
  git archive HEAD -- "$folder" | tar -x -C "$work/old"
fi
git ls-files -z -- "$folder" | git checkout-index -z --stdin --prefix="$work/new/"
cd "$work"
code=0
hellok8s-lab forecast "old/$folder" "new/$folder" || code=$?
# 40: something that is not simulated may decide, which is no fault of the change.
[ "$code" = 40 ] || exit "$code"
