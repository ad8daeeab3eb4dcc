import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ViewerTotals } from '../../gateway/stream-info.ts';
import type { Viewer } from '../../gateway/viewers.ts';
import { bitrateWords, durationWords } from '../camera-words.ts';
import { lossShareWords, viewerName, wayWords, withoutWords } from './viewer-words.ts';

/** A longer table says no more, and costs the browser more. */
const MOST_ROWS = 100;

/** How each viewer is served. The roles stay where the rows are drawn as blocks, which takes them from the elements. */
export function viewerTable(
	viewers: readonly Viewer[],
	totals: ViewerTotals | undefined,
	stream: string,
	nowMs: number,
): TemplateResult {
	const more = viewers.length - MOST_ROWS;
	return html`
		<table class="viewers" role="table">
			<caption class="visually-hidden">WebRTC viewers of ${stream}</caption>
			<thead role="rowgroup">
				<tr role="row">
					<th scope="col" role="columnheader">Viewer</th>
					${COLUMNS.map(([name, meaning]) => html`<th scope="col" role="columnheader" title=${meaning}>${name}</th>`)}
				</tr>
			</thead>
			<tbody role="rowgroup">
				${repeat(
					viewers.slice(0, MOST_ROWS),
					({ id }) => id,
					(viewer) => row(viewer, nowMs),
				)}
			</tbody>
			${totals && viewers.length > 1 ? sums(totals, viewers.length) : nothing}
		</table>
		${more > 0 ? html`<p class="quiet more">and ${more} more</p>` : nothing}
	`;
}

type Cell = unknown;

/** Name, meaning, what a viewer has there, and what all together have. */
const COLUMNS: readonly [string, string, (viewer: Viewer) => Cell, (totals: ViewerTotals) => Cell][] = [
	['Round trip', 'To the viewer and back', ({ rtt_ms }) => (rtt_ms === undefined ? '–' : durationWords(rtt_ms)), none],
	['Loss', 'Packets lost on the way, over about a second', ({ loss }) => lossShareWords(loss), none],
	['Bitrate', 'Sent, repairs included', bitrate, bitrate],
	['Pictures', 'Sent, replays included', pictures, pictures],
	['First picture', 'From the offer to the screen, as the player says, and to the first packet', firstPicture, none],
	['Key frames only', 'For how long the link was too slow', keyFramesOnly, none],
	['NACK', 'Messages that ask for lost packets', ({ nack_received }) => nack_received, (all) => all.nack_received],
	['PLI', 'Messages that ask for a key frame', ({ pli_received }) => pli_received, (all) => all.pli_received],
	[
		'Resent',
		'Packets sent again',
		({ packets_retransmitted }) => packets_retransmitted,
		(all) => all.packets_retransmitted,
	],
];

function row(viewer: Viewer, nowMs: number): TemplateResult {
	const without = withoutWords(viewer);
	return html`
		<tr role="row" data-viewer=${viewer.id}>
			<th scope="row" role="rowheader">
				<span class="who">${viewerName(viewer)} ${pill(viewer)}</span>
				<span class="way">
					${wayWords(viewer, nowMs)}${without ? html` · <span title=${without.why}>${without.text}</span>` : nothing}
				</span>
			</th>
			${COLUMNS.map(([name, , of]) => html`<td role="cell" data-label=${name}>${of(viewer)}</td>`)}
		</tr>
	`;
}

function sums(totals: ViewerTotals, count: number): TemplateResult {
	return html`
		<tfoot role="rowgroup">
			<tr role="row">
				<th scope="row" role="rowheader">All ${count}</th>
				${COLUMNS.map(([name, , , of]) => {
					const value = of(totals);
					return html`<td role="cell" class=${value === '' ? 'none' : ''} data-label=${name}>${value}</td>`;
				})}
			</tr>
		</tfoot>
	`;
}

function pill({ state, key_frames_only }: Viewer): TemplateResult | typeof nothing {
	const text = state === 'connecting' ? 'Connecting' : key_frames_only ? 'Key frames only' : '';
	return text === '' ? nothing : html`<span class="pill busy"><span class="dot"></span>${text}</span>`;
}

function bitrate({ current_bitrate }: Pick<Viewer, 'current_bitrate'>): Cell {
	return bitrateWords(current_bitrate);
}

function pictures({ frames_sent }: Pick<Viewer, 'frames_sent'>): Cell {
	return frames_sent?.toLocaleString() ?? '–';
}

function firstPicture({ first_frame_shown_after_ms: shown, first_media_after_ms: sent }: Viewer): Cell {
	return html`
		${shown === undefined ? '–' : durationWords(shown)}
		${sent === undefined ? nothing : html`<span class="quiet">sent ${durationWords(sent)}</span>`}
	`;
}

function keyFramesOnly({ key_frames_only_ms }: Viewer): Cell {
	return key_frames_only_ms === 0 ? '–' : durationWords(key_frames_only_ms);
}

function none(): Cell {
	return '';
}
