import type { Clock } from '../base/clock.ts';
import { withParameters } from './address.ts';
import { LateFetches } from './late-fetches.ts';
import { MediaFiles } from './media-files.ts';
import { hasAsked } from './observed.ts';
import { mergeDelta } from './read/delta-update.ts';
import { type MediaPlaylist, type PlaylistSegment, parseMediaPlaylist } from './read/media-playlist.ts';
import type { VariantStream } from './read/multivariant-playlist.ts';
import { disagreements } from './read/second-reading.ts';
import type { Asked, Reload, Rendition } from './recording.ts';
import { type Answer, MAX_PLAYLIST, type Requests } from './requests.ts';
import { tryRequests } from './trials.ts';

/** Seconds. */
const ASSUMED_TARGET = 6;
const RETRY = 0.5;
/** Whatever a playlist says of its durations. */
const LEAST_PAUSE = 0.1;
/** Reloads from one delta update to the next. */
const DELTA_PERIOD = 5;
/** Reloads after which single requests are tried. */
const TRIALS_AFTER = 2;

export type FollowerOptions = {
	url: URL;
	name: string;
	variant?: VariantStream;
	media?: boolean;
	requests: Requests;
	clock: Clock;
	signal: AbortSignal;
	/** `Clock.now()` of the end. */
	until: number;
	onProgress(): void;
};

/** Follows one media playlist as a client does, fetches all that it lists, and notes what it saw. */
export class RenditionFollower {
	readonly record: Rendition;
	readonly #options: FollowerOptions;
	readonly #files: MediaFiles;
	readonly #late: LateFetches;
	#url: URL;
	#trials: Promise<void> | undefined;
	#deltaWanted = true;

	constructor(options: FollowerOptions) {
		const { name, variant, media, requests, clock } = options;
		this.#options = options;
		this.#url = options.url;
		this.record = {
			name,
			...(variant && { variant }),
			...(media && { media }),
			reloads: [],
			files: new Map(),
			joinedParts: new Map(),
			hints: [],
			late: [],
			deltas: [],
			trials: new Map(),
		};
		const base = () => this.#url;
		this.#files = new MediaFiles(this.record, requests, base, () => this.#isOver());
		this.#late = new LateFetches(this.record, requests, clock, base);
	}

	/** @param first the playlist when it was fetched before */
	async run(first?: Answer): Promise<void> {
		const { until } = this.#options;
		let asked: Asked = {};
		let answer = first ?? (await this.#ask(this.#url));
		for (;;) {
			const reload = this.#note(answer, asked);
			const { playlist } = reload;
			if (playlist?.ended || this.#isOver()) break;
			asked = playlist ? nextAsked(playlist) : {};
			await this.#pause(reload, asked, until);
			if (this.#isOver()) break;
			answer = await this.#reload(asked, playlist?.segments);
		}
		await this.#trials;
		await this.#late.finish();
		await this.#files.settled();
	}

	#isOver(): boolean {
		const { signal, clock, until } = this.#options;
		return signal.aborted || clock.now() >= until;
	}

	/** Asks for the next playlist, now and then for its delta update too. */
	async #reload(asked: Asked, known: readonly PlaylistSegment[] | undefined): Promise<Answer> {
		const url = withParameters(this.#url, directives(asked));
		const wanted = this.#deltaWanted && known !== undefined && this.#canSkip();
		if (!wanted) return this.#ask(url);
		const [full, delta] = await Promise.all([
			this.#ask(url),
			this.#ask(withParameters(this.#url, directives({ ...asked, skip: true }))),
		]);
		this.#compareDelta(known, full, delta);
		return full;
	}

	#ask(playlist: URL): Promise<Answer> {
		return this.#options.requests.ask(playlist, { limit: MAX_PLAYLIST });
	}

	#canSkip(): boolean {
		return this.record.reloads.at(-1)?.playlist?.serverControl?.['CAN-SKIP-UNTIL'] !== undefined;
	}

	#compareDelta(known: readonly PlaylistSegment[], full: Answer, delta: Answer): void {
		if (full.exchange.status !== 200 || delta.exchange.status !== 200) return;
		const [whole, update] = [parseMediaPlaylist(full.body.toString()), parseMediaPlaylist(delta.body.toString())];
		// They may be of two moments.
		if (stateOf(whole) !== stateOf(update)) return;
		const merged = mergeDelta(known, update);
		if (!merged) return;
		this.record.deltas.push({ delta: update, merged, full: whole });
		this.#deltaWanted = false;
	}

	#note({ exchange, body, url }: Answer, asked: Asked): Reload {
		const text = body.toString();
		const isWhole = exchange.status === 200 && exchange.failure === undefined;
		const isPlaylist = isWhole && text.replace(/^\uFEFF/, '').startsWith('#EXTM3U');
		const before = this.record.reloads.findLast((reload) => reload.playlist);
		// A server may give the same answer thousands of times.
		const same = before?.text === text ? before : undefined;
		const playlist = isPlaylist ? (same?.playlist ?? parseMediaPlaylist(text)) : undefined;
		const reload: Reload = {
			exchange,
			asked,
			text: same?.text ?? text,
			...(playlist && { playlist }),
			disagreements: playlist ? (same?.disagreements ?? disagreements(text, playlist)) : [],
		};
		this.record.reloads.push(reload);
		if (!playlist) return reload;
		// A query of the redirection's target is that of one answer; the client's own address goes on being asked.
		if (exchange.redirected) this.#url = withoutDirectives(url);
		if (this.record.reloads.length % DELTA_PERIOD === 0) this.#deltaWanted = true;
		this.#files.fetchAll(playlist);
		if (before?.playlist) this.#late.note(before as Reload & { playlist: MediaPlaylist }, playlist);
		if (!this.#trials && this.record.reloads.length >= TRIALS_AFTER) {
			this.#trials = tryRequests(this.record, playlist, this.#url, this.#options.requests);
		}
		this.#options.onProgress();
		return reload;
	}

	async #pause(reload: Reload, next: Asked, until: number): Promise<void> {
		const { clock, signal } = this.#options;
		const pause = pauseAfter(reload, this.record.reloads.at(-2), next);
		await sleep(clock, Math.min(reload.exchange.answered + 1000 * pause, until) - clock.now(), signal);
	}
}

/**
 * Seconds between two plain requests (RFC 8216 section 6.3.4), and after one that a server was to hold and did not. What
 * is held needs no pause.
 */
function pauseAfter({ playlist, asked, text }: Reload, before: Reload | undefined, next: Asked): number {
	if (!playlist) return RETRY;
	const target = Number(playlist.targetDuration) || ASSUMED_TARGET;
	const same = before?.text === text;
	if (next.msn === undefined) return Math.max(LEAST_PAUSE, same ? target / 2 : target);
	if (hasAsked(playlist, asked) && !same) return 0;
	return Math.max(LEAST_PAUSE, (next.part !== undefined && playlist.partTarget) || target / 2);
}

/** What to ask for next where requests may be held (draft-pantos-hls-rfc8216bis section 6.2.5.2). */
export function nextAsked({ serverControl, segments, mediaSequence, partTarget, hints }: MediaPlaylist): Asked {
	if (serverControl?.['CAN-BLOCK-RELOAD'] !== 'YES') return {};
	const last = segments.at(-1);
	const sequence = last?.sequence ?? mediaSequence - 1;
	if (partTarget === undefined || !hints.some(({ TYPE }) => TYPE === 'PART')) return { msn: sequence + 1 };
	return last && !last.resource ? { msn: sequence, part: last.parts.length } : { msn: sequence + 1, part: 0 };
}

/** As parameters of a query. */
export function directives({ msn, part, skip }: Asked): Record<string, string | number> {
	return {
		...(msn !== undefined && { _HLS_msn: msn }),
		...(part !== undefined && { _HLS_part: part }),
		...(skip && { _HLS_skip: 'YES' }),
	};
}

/** Settles after so many milliseconds, or when the signal says so. */
export function sleep(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
	if (milliseconds <= 0 || signal.aborted) return Promise.resolve();
	return new Promise((resolve) => {
		const done = () => {
			timer.cancel();
			signal.removeEventListener('abort', done);
			resolve();
		};
		const timer = clock.after(milliseconds, done);
		signal.addEventListener('abort', done);
	});
}

/** How far a playlist goes. */
function stateOf({ segments, mediaSequence }: MediaPlaylist): string {
	const last = segments.at(-1);
	return `${mediaSequence} ${last?.sequence} ${last?.resource?.uri ?? ''} ${last?.parts.length}`;
}

function withoutDirectives(url: URL): URL {
	const plain = new URL(url);
	plain.search = plain.search
		.slice(1)
		.split('&')
		.filter((word) => word !== '' && !word.startsWith('_HLS_'))
		.join('&');
	return plain;
}
