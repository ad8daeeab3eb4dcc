import type { Viewer } from '../../gateway/viewers.ts';
import { codecName } from '../stream-words.ts';

const END = /^(\S+) (.+):(\d+)$/;

/** Who watches, by the address: `192.0.2.7:5000`. */
export function viewerName({ remote }: Pick<Viewer, 'remote'>): string {
	const [, , host, port] = END.exec(remote ?? '') ?? [];
	return host === undefined ? 'Not connected yet' : `${host}:${port}`;
}

/** How the media travels and for how long: `UDP to 192.0.2.1:8189 · native transport · for 3 min`. */
export function wayWords(viewer: Pick<Viewer, 'remote' | 'local' | 'transport' | 'created_at'>, nowMs: number): string {
	const [, protocol, host, port] = END.exec(viewer.local ?? viewer.remote ?? '') ?? [];
	const to = viewer.local === undefined ? '' : host === '*' ? ` to port ${port}` : ` to ${host}:${port}`;
	const parts = [
		protocol && `${protocol.toUpperCase()}${to}`,
		`${viewer.transport} transport`,
		`for\u00a0${stayWords((nowMs - Date.parse(viewer.created_at)) / 1000)}`,
	];
	return parts.filter(Boolean).join(' · ');
}

/** What this viewer goes without, with the reasons; undefined when nothing. */
export function withoutWords({
	skipped_tracks,
}: Pick<Viewer, 'skipped_tracks'>): { text: string; why: string } | undefined {
	if (skipped_tracks.length === 0) return undefined;
	const names = skipped_tracks.map(({ codec }) => codecName(codec));
	return { text: `without ${names.join(', ')}`, why: skipped_tracks.map(({ reason }) => reason).join('; ') };
}

/** `0 %`, `0.4 %`, `12 %`; `–` before the viewer has said; rounded up, so that no loss passes for none. */
export function lossShareWords(loss: number | undefined): string {
	if (loss === undefined) return '–';
	const percent = loss * 100;
	// Averaged away, but never quite to zero.
	if (percent < 0.01) return '0 %';
	return percent < 10 ? `${Math.ceil(percent * 10) / 10} %` : `${Math.ceil(percent)} %`;
}

function stayWords(seconds: number): string {
	if (!(seconds >= 1)) return '1\u00a0s';
	if (seconds < 90) return `${Math.round(seconds)}\u00a0s`;
	if (seconds < 5400) return `${Math.round(seconds / 60)}\u00a0min`;
	return `${Math.round(seconds / 3600)}\u00a0h`;
}
