#!/usr/bin/env bash
# Draws assets/demo.mp4, the picture and sound of `source: demo`.
#
# 24 s that loop without a seam: 720 frames (1280x720, 30 fps, H.264 High, no B-frames, a closed group of pictures
# every 2 s) and 1200 Opus packets of 20 ms. Each second starts with a white flash in the ring and a beep. The cells in
# the top right corner are the frame number in binary, highest bit first, for tests that read the picture.
#
# Needs ffmpeg with libx264 and libopus, and the fonts of fonts-dejavu-core (Debian: apt install ffmpeg
# fonts-dejavu-core). Usage: scripts/make-demo-clip.sh [OUTPUT]
set -euo pipefail
cd "$(dirname "$0")/.."

output=${1:-assets/demo.mp4}
seconds=24
fonts=/usr/share/fonts/truetype/dejavu
bold=$fonts/DejaVuSans-Bold.ttf
sans=$fonts/DejaVuSans.ttf
mono=$fonts/DejaVuSansMono-Bold.ttf

command -v ffmpeg >/dev/null || { echo 'ffmpeg is missing: apt install ffmpeg' >&2; exit 1; }
for font in "$bold" "$sans" "$mono"; do
	[ -f "$font" ] || { echo "$font is missing: apt install fonts-dejavu-core" >&2; exit 1; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One frame of transparent picture: draw NAME WIDTHxHEIGHT RGB ALPHA, where ALPHA is an expression of X and Y in 0 … 1.
draw() {
	ffmpeg -v error -f lavfi -i "color=$3:s=$2,format=rgba" -frames:v 1 \
		-vf "geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='255*clip($4,0,1)'" "$work/$1.png"
}

draw glow 520x520 0x6c8cff '0.30*pow(clip(1-hypot(X-259.5,Y-259.5)/260,0,1),2)'
draw ring 400x400 0x7f93c8 '0.55*clip(2.5-abs(hypot(X-199.5,Y-199.5)-180),0,1)+0.12*clip(118.5-hypot(X-199.5,Y-199.5),0,1)'
draw disc 240x240 white 'clip(118.5-hypot(X-119.5,Y-119.5),0,1)'
draw teal 40x40 0x3df0c8 'clip(14-hypot(X-19.5,Y-19.5),0,1)+0.5*pow(clip(1-hypot(X-19.5,Y-19.5)/20,0,1),2)'
draw pink 40x40 0xff6ea9 'clip(14-hypot(X-19.5,Y-19.5),0,1)+0.5*pow(clip(1-hypot(X-19.5,Y-19.5)/20,0,1),2)'

centre_x=964
centre_y=290
graph=$work/graph
{
	echo "[0]format=gbrp,drawgrid=w=64:h=72:x=-1:y=-1:t=1:c=white@0.045,"
	echo "drawbox=x=96:y=112:w=44:h=6:c=0x3df0c8:t=fill,"
	echo "drawtext=fontfile=$bold:text='Dualcast demo':fontsize=76:fontcolor=white:x=92:y=148,"
	echo "drawtext=fontfile=$sans:text='One camera in. WebRTC and HLS out.':fontsize=28:fontcolor=0xa9b8e0:x=96:y=246,"
	echo "drawtext=fontfile=$mono:text='00\:%{eif\:t\:d\:2}.%{eif\:mod(n*100/3,1000)\:d\:3}':fontsize=68:fontcolor=white:x=94:y=336,"
	echo "drawtext=fontfile=$mono:text='frame %{eif\:n\:d\:3}':fontsize=28:fontcolor=0x3df0c8:x=96:y=424,"
	echo "drawtext=fontfile=$sans:text='1280 × 720   30 fps   H.264   Opus':fontsize=22:fontcolor=0x7f8fbd:x=96:y=474,"

	swatch=0
	for colour in 0xf4f6ff 0xffd166 0x3df0c8 0x4cc9f0 0x6c8cff 0xb983ff 0xff6ea9 0xff5964; do
		echo "drawbox=x=$((96 + swatch * 137)):y=560:w=129:h=40:c=$colour:t=fill,"
		swatch=$((swatch + 1))
	done
	for step in $(seq 0 16); do
		level=$(printf '%02x' $((step * 255 / 16)))
		echo "drawbox=x=$((96 + step * 64)):y=608:w=64:h=14:c=0x$level$level$level:t=fill,"
	done
	for bit in $(seq 0 9); do
		x=$((1184 - 16 - bit * 16))
		weight=$((1 << bit))
		echo "drawbox=x=$x:y=40:w=16:h=16:c=black:t=fill,"
		echo "drawbox=x=$x:y=40:w=16:h=16:c=white:t=fill:enable='gte(mod(n,$((weight * 2))),$weight)',"
	done
	echo "drawbox=x=96:y=656:w=1088:h=4:c=white@0.15:t=fill[card];"

	echo "[card][1]overlay=$centre_x-260:$centre_y-260[glow];"
	echo "[glow][2]overlay=$centre_x-200:$centre_y-200[ring];"
	echo "[ring][3]overlay=$centre_x-120:$centre_y-120:enable='lt(mod(t+0.01,1),4/30)'[flash];"
	last=flash
	# Two runners on the ring, half a turn apart, with tails: one is at the top whenever the second begins.
	for tail in $(seq 16 -1 0); do
		alpha=$(awk "BEGIN { print ($tail == 0) ? 1 : 0.22 * (1 - $tail / 17) }")
		for runner in 0 1; do
			angle="(2*PI*((t-$tail*0.012)/2+$runner/2))"
			echo "[$((4 + runner))]format=rgba,colorchannelmixer=aa=$alpha[dot$runner$tail];"
			echo "[$last][dot$runner$tail]overlay=x='$centre_x-20+180*sin($angle)':y='$centre_y-20-180*cos($angle)'[on$runner$tail];"
			last=on$runner$tail
		done
	done
	echo "[$last][4]overlay=x='96-20+1088*t/$seconds':y=638,"
	echo "drawtext=fontfile=$bold:text='%{eif\:t\:d\:2}':fontsize=104:fontcolor=white:x=$centre_x-text_w/2:y=$centre_y-38:enable='gte(mod(n,30),4)',"
	echo "drawtext=fontfile=$bold:text='%{eif\:t\:d\:2}':fontsize=104:fontcolor=0x141a3c:x=$centre_x-text_w/2:y=$centre_y-38:enable='lt(mod(n,30),4)',"
	echo "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p[video]"
} >"$graph"

# An Opus decoder's output is late by 312 samples (its look-ahead), which RTP cannot say, so the beep is early by as
# much. The encoder flushes one packet more than the loop holds; it is left out below.
ffmpeg -v error -y -f lavfi -t $((seconds + 1)) -i "aevalsrc='0.35*sin(2*PI*880*t)*min(1,mod(t+312/48000,1)*500)*exp(-22*mod(t+312/48000,1))':s=48000:c=stereo" \
	-c:a libopus -b:a 48k -vbr off -frame_duration 20 "$work/beep.ogg"

ffmpeg -v error -y \
	-f lavfi -i "gradients=s=1280x720:r=30:d=$seconds:c0=0x0a1030:c1=0x2a1650:x0=0:y0=0:x1=1279:y1=719:speed=0.00001" \
	-i "$work/glow.png" -i "$work/ring.png" -i "$work/disc.png" -i "$work/teal.png" -i "$work/pink.png" \
	-filter_complex_script "$graph" -map '[video]' -frames:v $((seconds * 30)) \
	-c:v libx264 -preset veryslow -tune animation -profile:v high -level 3.1 -crf 20 -maxrate 1200k -bufsize 1200k \
	-x264-params keyint=60:min-keyint=60:scenecut=0:bframes=0:open-gop=0:rc-lookahead=60:colorprim=bt709:transfer=bt709:colormatrix=bt709 \
	-bsf:v filter_units=remove_types=6 "$work/picture.mp4"

mkdir -p "$(dirname "$output")"
ffmpeg -v error -y -i "$work/picture.mp4" -i "$work/beep.ogg" -map 0:v -map 1:a -frames:a $((seconds * 50)) -c copy \
	-map_metadata -1 -fflags +bitexact -movflags +faststart -video_track_timescale 90000 "$output"
ls -l "$output"
