import type { CameraAudio, CameraVideo } from '../probe/camera.ts';
import { codecName, type Player } from '../probe/player-rules.ts';
import type { ProbeReport } from '../probe/report.ts';
import type { Plays } from '../probe/verdict.ts';
import { wrap } from './wrap.ts';

/** How the card may look. */
export type CardStyle = { color: boolean /** Of the terminal. */; columns: number };

type Paint = (text: string) => string;

const LABEL = 10;
const PLAYER = 19;
const MAX_COLUMNS = 110;
const MIN_COLUMNS = 40;
const PLAYERS: Readonly<Record<Player, string>> = {
	webrtc_chrome: 'WebRTC in Chrome',
	webrtc_firefox: 'WebRTC in Firefox',
	webrtc_safari: 'WebRTC in Safari',
	hls_ts: 'HLS (MPEG-TS)',
	hls_ll: 'Low-latency HLS',
};
const WORDS: Readonly<Record<Plays, { mark: string; text: string; ink: number }>> = {
	plays: { mark: '✓', text: 'plays', ink: 32 },
	plays_without_sound: { mark: '◐', text: 'plays without sound', ink: 33 },
	needs_transcoding: { mark: '✗', text: 'needs transcoding', ink: 31 },
	no: { mark: '✗', text: 'does not play', ink: 31 },
};

/** The findings of a probe as text for a terminal. */
export function probeCard(report: ProbeReport, { color, columns }: CardStyle): string {
	const ink = (code: number): Paint => (color ? (text) => `\x1b[${code}m${text}\x1b[0m` : (text) => text);
	const [bold, dim] = [ink(1), ink(2)];
	const width = Math.max(MIN_COLUMNS, Math.min(columns, MAX_COLUMNS)) - 2;
	const lines: string[] = ['', bold(report.source), ...wrap(connection(report), width).map(dim), ''];
	const row = (label: string, text: string) => {
		wrap(text, width - LABEL).forEach((part, index) => {
			lines.push(`${dim((index === 0 ? label : '').padEnd(LABEL))}${part}`);
		});
	};

	row('Picture', report.video ? picture(report.video) : 'none that can be played');
	if (report.video) row('', group(report.video));
	row('Sound', report.audio ? sound(report.audio) : 'none');
	for (const { kind, codec, reason } of report.skipped) row('Left out', `${kind} ${codecName(codec)}: ${reason}`);
	if (report.packets_received > 0) row('Start', start(report));

	lines.push('', bold('Plays as it is'));
	const told = new Set<string>();
	for (const { output, verdict, reasons } of report.outputs) {
		const { mark, text, ink: code } = WORDS[verdict];
		lines.push(`${ink(code)(mark)} ${PLAYERS[output].padEnd(PLAYER)}${ink(code)(text)}`);
		// What was said of a player above holds for this one too.
		const fresh = reasons.filter((reason) => !told.has(reason));
		for (const reason of fresh) told.add(reason);
		for (const part of wrap(fresh.join(' '), width - 2)) lines.push(`  ${dim(part)}`);
	}

	if (report.advice.length > 0) lines.push('', bold('What to set'));
	for (const cure of report.advice) {
		wrap(cure, width - 2).forEach((part, index) => {
			lines.push(`${index === 0 ? '→' : ' '} ${part}`);
		});
	}
	return `${lines.map((line) => (line === '' ? '' : ` ${line}`)).join('\n')}\n\n`;
}

function connection({ server, transport, transport_reason, rtt_ms }: ProbeReport): string {
	const how = transport && `RTSP over ${transport.toUpperCase()}${transport_reason ? ` (${transport_reason})` : ''}`;
	return [server, how, rtt_ms !== undefined && `answers in ${rtt_ms} ms`].filter(Boolean).join(' · ');
}

function picture(video: CameraVideo): string {
	const { codec, profile, level, width, height, frame_rate, bitrate } = video;
	return [
		`${codecName(codec)}${profile ? ` ${profile}` : ''}${level ? `, level ${level}` : ''}`,
		width && height && `${width} × ${height}`,
		frame_rate && `${frame_rate} fps`,
		bitrate && bits(bitrate),
	]
		.filter(Boolean)
		.join(' · ');
}

function group({ gop_frames, gop_seconds, gop_longer_than, gradual_refresh, b_frames }: CameraVideo): string {
	const key =
		gop_seconds !== undefined
			? `key frame every ${gop_seconds} s (${gop_frames} frames)`
			: gradual_refresh
				? 'no key frames (gradual refresh)'
				: `no second key frame in ${gop_longer_than ?? 0} s`;
	return [key, b_frames !== undefined && (b_frames ? 'B-frames' : 'no B-frames')].filter(Boolean).join(' · ');
}

function sound({ codec, clock_rate, channels, bitrate }: CameraAudio): string {
	const places = channels === 1 ? 'mono' : channels === 2 ? 'stereo' : `${channels} channels`;
	return [codecName(codec), `${clock_rate / 1000} kHz ${places}`, bitrate && bits(bitrate)].filter(Boolean).join(' · ');
}

function start({ first_packet_ms, first_key_frame_ms, packets_received, packets_lost, media_seconds }: ProbeReport) {
	const loss = packets_lost === 0 ? 'none lost' : `${packets_lost} lost`;
	return [
		first_packet_ms !== undefined && `first packet after ${first_packet_ms} ms`,
		first_key_frame_ms !== undefined && `first key frame after ${first_key_frame_ms} ms`,
		`${packets_received} packets in ${media_seconds} s, ${loss}`,
	]
		.filter(Boolean)
		.join(' · ');
}

function bits(perSecond: number): string {
	return perSecond >= 1e6 ? `${(perSecond / 1e6).toFixed(1)} Mbit/s` : `${Math.round(perSecond / 1000)} kbit/s`;
}
