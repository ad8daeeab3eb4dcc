#!/usr/bin/env bash
# Makes sure that what the tests run against is there: installs it with apt as root, otherwise names what is missing.
set -euo pipefail

packages=(
	chromium ffmpeg vlc-bin vlc-plugin-base mpv openssl iproute2
	python3-gi gir1.2-gst-rtsp-server-1.0 gir1.2-gstreamer-1.0 gir1.2-gst-plugins-base-1.0
	gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
	gstreamer1.0-plugins-ugly gstreamer1.0-libav
	gstreamer1.0-nice gir1.2-gst-plugins-bad-1.0 python3-aiortc firefox-esr redis-server
	curl nghttp2-client g++ libssl3
)
[ "$(dpkg --print-architecture)" != amd64 ] || packages+=(libipsec-mb-dev)

missing=()
for package in "${packages[@]}"; do
	status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
	[ "$status" = 'install ok installed' ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "The tests need these Debian packages: ${missing[*]}" >&2
	echo "Install them with: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi

echo "Installing what the tests need: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
