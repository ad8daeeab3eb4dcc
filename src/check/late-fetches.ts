import { createHash } from 'node:crypto';
import type { Clock, Timer } from '../base/clock.ts';
import { keyOf, resolve } from './address.ts';
import { durationOf } from './observed.ts';
import type { MediaPlaylist, Resource } from './read/media-playlist.ts';
import type { LateFetch, Reload, Rendition } from './recording.ts';
import type { Requests } from './requests.ts';

/** Of the time that a file must stay, after which it is asked for. */
const LATE = 0.9;
/** Target durations that a part must stay (draft-pantos-hls-rfc8216bis section 6.2.2). */
const PART_TARGETS = 3;
/** Of each kind. */
const MAX_LATE = 20;

type Due = { readonly run: () => void; readonly timer: Timer };

/** Fetches files once more that have left the playlist, shortly before they may go. */
export class LateFetches {
	readonly #record: Rendition;
	readonly #requests: Requests;
	readonly #clock: Clock;
	readonly #base: () => URL;
	readonly #due = new Set<Due>();
	readonly #running: Promise<void>[] = [];
	readonly #count = { segment: 0, part: 0 };
	#longest = 0;

	/** @param base of relative addresses */
	constructor(record: Rendition, requests: Requests, clock: Clock, base: () => URL) {
		this.#record = record;
		this.#requests = requests;
		this.#clock = clock;
		this.#base = base;
	}

	/** Compares two playlists that follow each other. */
	note({ playlist: before, exchange }: Reload & { playlist: MediaPlaylist }, after: MediaPlaylist): void {
		this.#longest = Math.max(this.#longest, durationOf(before));
		const listed = new Set(after.segments.flatMap(({ resource, parts }) => [resource, ...parts].map(nameOf)));
		// It was in the playlist then; when the server answered, a busy client notes too late.
		const since = exchange.sent;
		for (const { resource, duration, parts } of before.segments) {
			if (resource && !listed.has(nameOf(resource))) this.#plan('segment', resource, since, duration + this.#longest);
			const [part] = parts;
			const stay = PART_TARGETS * Number(after.targetDuration);
			if (part && !listed.has(nameOf(part))) this.#plan('part', part, since, stay);
		}
	}

	/** Fetches at once what is not due yet, and waits for all. */
	async finish(): Promise<void> {
		for (const { run, timer } of [...this.#due]) {
			timer.cancel();
			run();
		}
		await Promise.all(this.#running);
	}

	/** @param stay seconds for which it must stay */
	#plan(kind: LateFetch['kind'], resource: Resource, since: number, stay: number): void {
		if (this.#count[kind] >= MAX_LATE) return;
		this.#count[kind]++;
		const run = () => {
			this.#due.delete(due);
			this.#running.push(this.#fetch(kind, resource, since, stay));
		};
		const timer = this.#clock.after(Math.max(0, since + LATE * stay * 1000 - this.#clock.now()), run);
		const due: Due = { run, timer };
		this.#due.add(due);
	}

	async #fetch(kind: LateFetch['kind'], resource: Resource, since: number, stay: number): Promise<void> {
		const { uri, range } = resource;
		const { exchange, body } = await this.#requests.ask(resolve(uri, this.#base()), range ? { range } : {});
		const digestBefore = this.#record.files.get(keyOf(resource))?.digest;
		const digest = createHash('sha256').update(body).digest('base64url');
		// Too late by the wall clock, because a machine was busy, proves nothing: the answer may be of any time until it came.
		if (exchange.firstByte - since > stay * 1000 || digestBefore === undefined) return;
		this.#record.late.push({ kind, exchange, digest, digestBefore, after: exchange.sent - since });
	}
}

function nameOf(resource: Resource | undefined): string {
	return resource ? keyOf(resource) : '';
}
