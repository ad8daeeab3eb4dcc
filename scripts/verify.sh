#!/usr/bin/env bash
# Everything that must hold before a change lands: tools, format, lint, types, build, all tests.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

step 'Tools of the tests'
bash scripts/test-tools.sh
step 'Format and lint'
npx biome check --error-on-warnings .
step 'Types'
npm run --silent types
step 'Build'
npm run --silent build
step 'Tests: unit, integration, end to end'
npx vitest run
