import { createHash } from 'node:crypto';
import { toError } from '../base/errors.ts';
import { keyOf, resolve } from './address.ts';
import { readFmp4Segment } from './read/fmp4-reading.ts';
import type { MediaPlaylist, PlaylistSegment, Resource } from './read/media-playlist.ts';
import type { MediaReading } from './read/media-reading.ts';
import { isFmp4, readSegment } from './read/segment-reading.ts';
import type { Rendition } from './recording.ts';
import type { Answer, Requests } from './requests.ts';

/** Fetches at a time. */
const MAX_OPEN = 8;

type Fetched = Promise<Buffer | undefined>;

/** Fetches each init segment, segment and part of a rendition once, as soon as it is listed, and reads it. */
export class MediaFiles {
	readonly #record: Rendition;
	readonly #requests: Requests;
	readonly #base: () => URL;
	readonly #isOver: () => boolean;
	/** Bytes of parts and init segments that are listed; undefined for what could not be had. */
	readonly #held = new Map<string, Fetched>();
	readonly #known = new Set<string>();
	/** Parts asked for before they were listed, by address. */
	readonly #hinted = new Map<string, Promise<Answer>>();
	readonly #waiting: (() => void)[] = [];
	#open = 0;
	#closed = false;

	/**
	 * @param base of relative addresses
	 * @param isOver whether files that wait for their turn are let be
	 */
	constructor(record: Rendition, requests: Requests, base: () => URL, isOver: () => boolean) {
		this.#record = record;
		this.#requests = requests;
		this.#base = base;
		this.#isOver = isOver;
	}

	fetchAll(playlist: MediaPlaylist): void {
		const listed = new Set<string>();
		for (const segment of playlist.segments) {
			const { map, parts, resource } = segment;
			const init = map && this.#fetch(map, listed, async () => undefined);
			if (segment.gap) continue;
			for (const part of parts) if (!part.gap) void this.#fetch(part, listed, () => readerOf(segment, init));
			if (!resource) continue;
			const key = keyOf(resource);
			const fresh = !this.#known.has(key);
			const whole = this.#fetch(resource, listed, () => readerOf(segment, init));
			// Nothing is made of its bytes, and a recording lists all that there are.
			if (fresh)
				this.#held.set(
					key,
					whole.then(() => undefined),
				);
			if (fresh && parts.length > 0) void this.#join(key, parts);
		}
		for (const { TYPE, URI, 'BYTERANGE-START': BYTERANGE_START } of playlist.hints) {
			if (TYPE === 'PART' && URI !== undefined && BYTERANGE_START === undefined) this.#hint(URI);
		}
		for (const key of this.#held.keys()) if (!listed.has(key)) this.#held.delete(key);
		const hints = new Set(playlist.hints.map(({ URI }) => URI));
		for (const uri of this.#hinted.keys()) if (!hints.has(uri) && !listed.has(uri)) this.#hinted.delete(uri);
	}

	/** Waits for all that was asked for. */
	async settled(): Promise<void> {
		for (let size = -1; size !== this.#record.files.size; ) {
			size = this.#record.files.size;
			await Promise.all(this.#held.values());
		}
		this.#closed = true;
	}

	/** @param reader how to read it, once that is known; undefined for an init segment */
	#fetch(resource: Resource, listed: Set<string>, reader: () => Promise<Reader | undefined>): Fetched {
		const key = keyOf(resource);
		listed.add(key);
		const held = this.#held.get(key);
		if (held || this.#known.has(key)) return held ?? Promise.resolve(undefined);
		this.#known.add(key);
		const fetched = this.#ask(resource).then(async (answer) => answer && this.#keep(key, answer, await reader()));
		this.#held.set(key, fetched);
		return fetched;
	}

	async #ask({ uri, range }: Resource): Promise<Answer | undefined> {
		const hinted = range ? undefined : await this.#hinted.get(uri);
		if (hinted?.exchange.status === 200) return hinted;
		const waits = this.#open >= MAX_OPEN;
		if (waits) await new Promise<void>((resolve) => this.#waiting.push(resolve));
		this.#open++;
		try {
			if (waits && this.#isOver()) return undefined;
			return await this.#requests.ask(resolve(uri, this.#base()), range ? { range } : {});
		} finally {
			this.#open--;
			this.#waiting.shift()?.();
		}
	}

	#keep(key: string, { exchange, body }: Answer, reader: Reader | undefined): Buffer | undefined {
		const digest = createHash('sha256').update(body).digest('base64url');
		const good = exchange.status === 200 || exchange.status === 206;
		let outcome: { reading?: MediaReading; fault?: string } = {};
		try {
			const reading = good && exchange.failure === undefined ? (reader ?? readInit)(body) : undefined;
			if (reading) outcome = { reading };
		} catch (thrown) {
			outcome = { fault: toError(thrown).message };
		}
		this.#record.files.set(key, { exchange, digest, ...outcome });
		return good ? body : undefined;
	}

	/** Asks for a part before it is listed; the answer comes when it is whole. */
	#hint(uri: string): void {
		if (this.#known.has(uri) || this.#hinted.has(uri)) return;
		const answer = this.#requests.ask(resolve(uri, this.#base()));
		this.#hinted.set(uri, answer);
		void answer.then(({ exchange }) => {
			if (!this.#closed) this.#record.hints.push({ exchange, uri });
		});
	}

	/** Notes what the parts of a whole segment are together. */
	async #join(key: string, parts: readonly Resource[]): Promise<void> {
		const all = await Promise.all(parts.map((part) => this.#held.get(keyOf(part))));
		if (all.some((bytes) => bytes === undefined)) return;
		const hash = createHash('sha256');
		for (const bytes of all) if (bytes) hash.update(bytes);
		this.#record.joinedParts.set(key, hash.digest('base64url'));
	}
}

type Reader = (bytes: Buffer) => MediaReading | undefined;

function readInit(bytes: Buffer): MediaReading | undefined {
	return isFmp4(bytes) ? readFmp4Segment(bytes, undefined) : undefined;
}

async function readerOf({ encrypted }: PlaylistSegment, init: Fetched | undefined): Promise<Reader> {
	const header = await init;
	return (bytes) => (encrypted ? undefined : readSegment(bytes, header));
}
