#!/usr/bin/env bash
# Builds Dualcast and measures it on this machine, over loopback only.
#   npm run bench              WebRTC: fan-out, joins, first picture; werift's own sender beside it
#   npm run bench -- first-picture    the first picture alone
#   npm run bench -- loss      Chromium through a network that loses packets
#   npm run bench -- joins     150 viewers who join at once, and what those notice who watch
#   npm run bench -- ingest    what pulling 20 and 100 cameras costs, over TCP and UDP, and with HLS
#   npm run bench -- ingest 100-tcp    one of those loads alone
#   npm run bench -- cluster   450 viewers in a cluster, and what they notice of faults (classroom or faults: one of both)
#   npm run bench -- tokens    what checking tokens costs
#   npm run bench -- hls-players   100 low-latency HLS players, beside a bare node:http server
#   npm run bench -- hls-crowd     2,000 HLS players of one stream, beside nginx with the copy on disk
#   npm run bench -- hls-latency   how old the picture is in Chromium by HLS
#   npm run bench -- crowd     WebRTC: what 150 and 450 viewers cost, who count packets and decrypt none; then 450 of them
#                              for a minute with Chromium among them, by each transport
#   npm run bench -- latency   WebRTC: how long packets stay in the gateway with 1, 150 and 450 viewers
#   npm run bench -- [PART] --transport typescript    with that WebRTC transport; the native one where it is built
#   npm run bench -- hls-memory    what HLS outputs take of memory
#   npm run bench -- hls-mux       what packing a stream into HLS takes of CPU
#   npm run bench -- --write   also writes bench/report.md (or report-ingest.md …)
# Needs ffmpeg, Chromium for the first picture, and nginx for the crowd.
set -euo pipefail
cd "$(dirname "$0")/.."

npm run --silent build
exec node --import tsx bench/main.ts "$@"
