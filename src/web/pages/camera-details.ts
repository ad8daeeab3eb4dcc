import { html, nothing, type TemplateResult } from 'lit';
import type { StreamStats, TrackStats } from '../gateway/camera.ts';
import { bitrateWords, durationWords, gopWords, lossWords, packetWords, profileWords } from './camera-words.ts';
import type { History } from './history.ts';
import { sparkline } from './sparkline.ts';
import { adviceList, curesOf, verdictList } from './verdict-list.ts';

/** How the camera does, in figures that move. */
export function cameraDetails(stats: StreamStats, history: History): TemplateResult | typeof nothing {
	if (stats.tracks.length === 0) return nothing;
	return html`
		<section class="card camera" aria-labelledby="camera-heading">
			<div class="card-title">
				<h2 id="camera-heading">Camera</h2>
				${stats.server ? html`<span class="quiet">${stats.server}</span>` : nothing}
			</div>
			<div class="meters">
				${meter('Bitrate', bitrateWords(stats.current_bitrate), sparkline(history.of('bitrate')))}
				${meter('Pictures', `${stats.frame_rate} fps`, sparkline(history.of('frameRate')))}
				${meter('Key frame every', gopWords(stats), small(keyFrameNote(stats)))}
				${meter('Lost', worstLoss(stats.tracks), small(lossNote(stats)))}
			</div>
			<table class="tracks">
				<thead>
					<tr>
						<th scope="col">Track</th>
						<th scope="col">Bitrate</th>
						<th scope="col">Packets</th>
						<th scope="col">Jitter</th>
						<th scope="col">Last</th>
					</tr>
				</thead>
				<tbody>
					${stats.tracks.map(trackRow)}
				</tbody>
			</table>
			<p class="start">${startWords(stats)}</p>
		</section>
		<section class="card" aria-labelledby="plays-heading">
			<div class="card-title"><h2 id="plays-heading">Plays as it is</h2></div>
			${verdictList(stats.outputs)} ${adviceList(curesOf(stats.outputs))}
		</section>
	`;
}

function meter(label: string, value: string, below: unknown): TemplateResult {
	return html`<div class="meter"><span class="label">${label}</span><strong>${value}</strong>${below}</div>`;
}

function small(text: string): TemplateResult {
	return html`<span class="below">${text}</span>`;
}

function keyFrameNote({ gop_frames, b_frames }: StreamStats): string {
	const frames = gop_frames > 0 ? `${gop_frames} frames` : 'not seen yet';
	return b_frames === undefined ? frames : `${frames}, ${b_frames ? 'B-frames' : 'no B-frames'}`;
}

function worstLoss(tracks: readonly TrackStats[]): string {
	const [worst] = [...tracks].sort((a, b) => share(b) - share(a));
	return worst ? lossWords(worst) : '0 %';
}

function share({ packets_received, packets_lost }: TrackStats): number {
	return packets_lost / Math.max(1, packets_received + packets_lost);
}

function lossNote({ frames_dropped, reconnects }: StreamStats): string {
	const dropped = `${frames_dropped} ${frames_dropped === 1 ? 'picture' : 'pictures'} broken`;
	return reconnects === 0 ? dropped : `${dropped}, ${reconnects} ${reconnects === 1 ? 'reconnect' : 'reconnects'}`;
}

function trackRow(track: TrackStats): TemplateResult {
	const { width, height, packets_received, jitter_ms, current_bitrate, last_packet_age_ms, silent } = track;
	const trouble = packetWords(track);
	return html`
		<tr class=${silent ? 'silent' : ''}>
			<th scope="row">
				${profileWords(track)}${width && height ? html` <span class="quiet">${width} × ${height}</span>` : nothing}
			</th>
			<td data-label="Bitrate">${bitrateWords(current_bitrate)}</td>
			<td data-label="Packets">
				${packets_received.toLocaleString()}${trouble ? html` <span class="quiet">${trouble}</span>` : nothing}
			</td>
			<td data-label="Jitter">${jitter_ms === undefined ? '–' : durationWords(jitter_ms)}</td>
			<td data-label="Last">
				${silent ? 'silent' : last_packet_age_ms === undefined ? '–' : durationWords(last_packet_age_ms)}
			</td>
		</tr>
	`;
}

function startWords({ first_packet_ms, first_key_frame_ms, rtt_ms }: StreamStats): string {
	const parts = [
		first_packet_ms !== undefined && `First packet ${durationWords(first_packet_ms)} after the start`,
		first_key_frame_ms !== undefined && `first key frame ${durationWords(first_key_frame_ms)}`,
		rtt_ms !== undefined && `the camera answers in ${durationWords(rtt_ms)}`,
	].filter((part) => part !== false);
	return parts.join(' · ');
}
