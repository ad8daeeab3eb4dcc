import { serve } from './child.ts';
import { HttpWire, type WireAnswer } from './http-wire.ts';

/** Tells the players to play, to start counting, or to tell what they counted. */
export type LoadMessage =
	| { readonly start: 'classic' | 'low-latency'; readonly playlist: string; readonly players: number }
	| 'stop'
	| 'reset'
	| 'count';

export type LoadAnswer = {
	readonly responses: number;
	readonly bytes: number;
	/** Answers other than 200, and broken connections. */
	readonly failures: number;
	/** Milliseconds from the question to the last byte, sorted; of requests that are not held. */
	readonly latencies: readonly number[];
};

type State = { readonly next: string; readonly hint: string; readonly segments: readonly string[] };

/** As hls.js does with target durations of a second. */
const RELOAD_MS = 1000;
const RETRY_MS = 200;

// HLS players that read everything and show nothing, in a process of their own.
let players: Player[] = [];
let responses = 0;
let bytes = 0;
let failures = 0;
let latencies: number[] = [];
/** All players read the same playlist: it is taken apart once. */
let lastText = '';
let lastState: State = { next: '', hint: '', segments: [] };

function read(text: string): State {
	if (text === lastText) return lastState;
	lastText = text;
	const lines = text.split('\n');
	const segments = lines.filter((line) => line !== '' && !line.startsWith('#'));
	const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1] ?? 0);
	const tail = text.slice(text.lastIndexOf('#EXTINF'));
	const parts = tail.split('#EXT-X-PART:').length - 1;
	const hint = /PRELOAD-HINT:.*URI="([^"]*)"/.exec(tail)?.[1] ?? '';
	lastState = { next: `?_HLS_msn=${first + segments.length}&_HLS_part=${parts}`, hint, segments };
	return lastState;
}

abstract class Player {
	readonly path: string;
	readonly folder: string;
	readonly wires: HttpWire[] = [];
	stopped = false;

	constructor(playlist: string) {
		const { pathname } = new URL(playlist);
		this.path = pathname;
		this.folder = pathname.slice(0, pathname.lastIndexOf('/') + 1);
	}

	wire(playlist: string): HttpWire {
		const wire = new HttpWire(playlist);
		this.wires.push(wire);
		return wire;
	}

	/** @param took milliseconds; undefined when the request was held */
	count(answer: WireAnswer, took: number | undefined): boolean {
		if (this.stopped) return false;
		responses++;
		bytes += answer.length;
		if (answer.status !== 200) failures++;
		if (took !== undefined) latencies.push(took);
		return answer.status === 200;
	}

	stop(): void {
		this.stopped = true;
		for (const wire of this.wires) wire.close();
	}
}

/** Asks for the next playlist and for the hinted part, each on a connection of its own. */
class LowLatencyPlayer extends Player {
	readonly #playlists: HttpWire;
	readonly #parts: HttpWire;
	#hint = '';
	#asking = false;

	constructor(playlist: string) {
		super(playlist);
		this.#playlists = this.wire(playlist);
		this.#parts = this.wire(playlist);
		this.#reload('');
	}

	#reload(query: string): void {
		this.#playlists.ask(this.path + query, true, (answer) => {
			if (!this.count(answer, undefined)) {
				if (!this.stopped) setTimeout(() => this.#reload(''), RETRY_MS);
				return;
			}
			const { next, hint } = read(answer.text);
			this.#hint = hint;
			this.#load();
			this.#reload(next);
		});
	}

	#load(): void {
		if (this.#asking || this.#hint === '') return;
		const hint = this.#hint;
		this.#hint = '';
		this.#asking = true;
		this.#parts.ask(this.folder + hint, false, (answer) => {
			this.#asking = false;
			if (this.count(answer, undefined)) this.#load();
		});
	}
}

/** Asks for the playlist each second and for each segment once. */
class ClassicPlayer extends Player {
	readonly #wire: HttpWire;
	readonly #seen: string[] = [];

	constructor(playlist: string, delay: number) {
		super(playlist);
		this.#wire = this.wire(playlist);
		setTimeout(() => this.#reload(performance.now()), delay);
	}

	/** @param due when the player wanted to ask */
	#reload(due: number): void {
		if (this.stopped) return;
		const asked = performance.now();
		this.#wire.ask(this.path, true, (answer) => {
			const ok = this.count(answer, performance.now() - asked);
			if (this.stopped) return;
			this.#load(ok ? [...read(answer.text).segments] : [], due);
		});
	}

	#load(segments: string[], due: number): void {
		for (let next = segments.shift(); next !== undefined; next = segments.shift()) {
			if (this.#seen.includes(next)) continue;
			this.#seen.push(next);
			if (this.#seen.length > 64) this.#seen.shift();
			const asked = performance.now();
			this.#wire.ask(this.folder + next, false, (answer) => {
				this.count(answer, performance.now() - asked);
				this.#load(segments, due);
			});
			return;
		}
		const next = Math.max(due + RELOAD_MS, performance.now());
		setTimeout(() => this.#reload(next), next - performance.now());
	}
}

serve<LoadMessage, LoadAnswer>({}, async (message) => {
	if (typeof message === 'object') {
		const { start, playlist, players: number } = message;
		for (let index = 0; index < number; index++) {
			const delay = (index / number) * RELOAD_MS;
			players.push(start === 'classic' ? new ClassicPlayer(playlist, delay) : new LowLatencyPlayer(playlist));
		}
	} else if (message === 'stop') {
		for (const player of players) player.stop();
		players = [];
	} else if (message === 'reset') {
		[responses, bytes, failures, latencies] = [0, 0, 0, []];
	}
	return { responses, bytes, failures, latencies: message === 'count' ? latencies.sort((a, b) => a - b) : [] };
});
