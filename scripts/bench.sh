#!/usr/bin/env bash
# Builds Dualcast and measures it on this machine, over loopback only.
#   npm run bench              WebRTC: fan-out, joins, first picture; werift's own sender beside it
#   npm run bench -- first-picture    the first picture alone
#   npm run bench -- loss      Chromium through a network that loses packets
#   npm run bench -- ingest    what pulling 20 and 100 cameras costs, over TCP and UDP, and with HLS
#   npm run bench -- ingest 100-tcp    one of those loads alone
#   npm run bench -- --write   also writes bench/report.md (or report-ingest.md …)
# Needs ffmpeg, and Chromium for the first picture.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run --silent build
exec node --import tsx bench/main.ts "$@"
