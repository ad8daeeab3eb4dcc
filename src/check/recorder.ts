import { connect } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { originLabel, resolve } from './address.ts';
import { NotHlsError } from './not-hls-error.ts';
import { isMultivariant, type MultivariantPlaylist, parseMultivariantPlaylist } from './read/multivariant-playlist.ts';
import type { Exchange, Recording } from './recording.ts';
import { type FollowerOptions, RenditionFollower, sleep } from './rendition-follower.ts';
import { type Answer, MAX_PLAYLIST, Requests } from './requests.ts';

/** Media playlists followed at once. */
const MAX_RENDITIONS = 16;
/** Milliseconds within which there must be a playlist. */
const PATIENCE = 45_000;
const RETRY = 1000;
const MAX_RETRY_AFTER = 10;
const HANDSHAKE = 5000;

export type Progress = {
	/** Milliseconds. */
	readonly elapsed: number;
	readonly renditions: number;
	readonly reloads: number;
	readonly files: number;
	readonly bytes: number;
};

export type RecordOptions = {
	url: string;
	/** How long to follow it. */
	seconds: number;
	clock: Clock;
	/** Ends the recording early; what was seen until then counts. */
	signal: AbortSignal;
	onProgress?(progress: Progress): void;
};

/** Follows all that an address leads to for a while. @throws NotHlsError */
export async function record(options: RecordOptions): Promise<Recording> {
	const { seconds, clock, signal } = options;
	const url = addressOf(options.url);
	const requests = new Requests(clock, url);
	const stop = () => requests.close();
	signal.addEventListener('abort', stop);
	try {
		const early: Exchange[] = [];
		const first = await firstPlaylist(url, requests, early, clock, signal);
		// From here on requests under way are waited for.
		signal.removeEventListener('abort', stop);
		const text = first.body.toString();
		const started = clock.now();
		const followers: RenditionFollower[] = [];
		const shared = {
			requests,
			clock,
			signal,
			until: started + seconds * 1000,
			onProgress: () => {
				const records = followers.map((follower) => follower.record);
				options.onProgress?.({
					elapsed: clock.now() - started,
					renditions: records.length,
					reloads: records.reduce((sum, { reloads }) => sum + reloads.length, 0),
					files: records.reduce((sum, { files }) => sum + files.size, 0),
					bytes: requests.bytes,
				});
			},
		};
		const protocol = negotiate(first.url);
		const multivariant = isMultivariant(text) ? parseMultivariantPlaylist(text) : undefined;
		if (multivariant) {
			followers.push(
				...renditionsOf(multivariant, first.url).map((own) => new RenditionFollower({ ...shared, ...own })),
			);
			if (followers.length === 0) throw new NotHlsError('the multivariant playlist leads to no media playlist');
			await Promise.all(followers.map((follower) => follower.run()));
		} else {
			const [name] = originLabel(url).split('/').slice(-1);
			followers.push(
				new RenditionFollower({ ...shared, url: first.exchange.redirected ? first.url : url, name: name ?? '' }),
			);
			await followers[0]?.run(first);
		}
		const negotiated = await protocol;
		return {
			label: originLabel(url),
			...(multivariant && { multivariant: { exchange: first.exchange, playlist: multivariant } }),
			early,
			renditions: followers.map((follower) => follower.record),
			...(negotiated !== undefined && { protocol: negotiated }),
		};
	} finally {
		signal.removeEventListener('abort', stop);
		stop();
	}
}

function addressOf(text: string): URL {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
	throw new NotHlsError('give the address of a playlist, http://… or https://…');
}

/** Asks until there is a playlist: a stream on demand may take its time. */
async function firstPlaylist(
	url: URL,
	requests: Requests,
	early: Exchange[],
	clock: Clock,
	signal: AbortSignal,
): Promise<Answer> {
	const deadline = clock.now() + PATIENCE;
	for (;;) {
		const answer = await requests.ask(url, { deadline: PATIENCE, limit: MAX_PLAYLIST });
		const { status, headers, failure } = answer.exchange;
		if (status === 200 && failure === undefined) {
			if (
				answer.body
					.toString()
					.replace(/^\uFEFF/, '')
					.startsWith('#EXTM3U')
			)
				return answer;
			throw new NotHlsError('what it answers does not begin with #EXTM3U');
		}
		early.push(answer.exchange);
		const wait = secondsUntil(headers['retry-after'], clock);
		const again = (status === 503 || status === 404) && wait >= 0 && clock.now() < deadline && !signal.aborted;
		if (again) await sleep(clock, Math.max(RETRY, 1000 * Math.min(wait, MAX_RETRY_AFTER)), signal);
		if (signal.aborted) throw new NotHlsError('it was stopped before one came');
		if (!again) throw new NotHlsError(failure === undefined ? refusedWith(status) : unanswered(status, failure));
	}
}

/** Of a Retry-After, which is a number or a date (RFC 9110 section 10.2.3); NaN without one. */
function secondsUntil(text: string | undefined, clock: Clock): number {
	if (text === undefined || /^\d+$/.test(text)) return Number(text);
	return Math.max(0, (Date.parse(text) - clock.wall()) / 1000);
}

function unanswered(status: number, failure: string): string {
	return status === 0 ? `no answer: ${failure}` : `what it answers is no whole playlist: ${failure}`;
}

function refusedWith(status: number): string {
	if (status !== 401 && status !== 403) return `it answers ${status}`;
	return `it answers ${status}; what opens it goes into the address, https://user:password@… or …?jwt=TOKEN`;
}

type Found = Pick<FollowerOptions, 'url' | 'name' | 'variant' | 'media'>;

function renditionsOf({ variants, media }: MultivariantPlaylist, base: URL): Found[] {
	const found = new Map<string, Found>();
	for (const variant of variants) {
		const url = resolve(variant.uri, base);
		if (!found.has(url.href)) found.set(url.href, { url, name: nameOf(url), variant });
	}
	for (const { URI, TYPE } of media) {
		if (URI === undefined || (TYPE !== 'AUDIO' && TYPE !== 'VIDEO')) continue;
		const url = resolve(URI, base);
		if (!found.has(url.href)) found.set(url.href, { url, name: nameOf(url), media: true });
	}
	return [...found.values()].slice(0, MAX_RENDITIONS);
}

/** The last two words of the path: variants often differ in the folder alone. */
function nameOf(url: URL): string {
	return url.pathname.split('/').slice(-2).filter(Boolean).join('/');
}

/** What a server takes of a client that offers HTTP/2 and HTTP/1.1 (RFC 7301). */
function negotiate(url: URL): Promise<string | undefined> {
	if (url.protocol !== 'https:') return Promise.resolve(undefined);
	return new Promise((resolve) => {
		const host = url.hostname.replace(/^\[|\]$/g, '');
		const socket = connect({
			host,
			port: Number(url.port || 443),
			...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
			ALPNProtocols: ['h2', 'http/1.1'],
			timeout: HANDSHAKE,
		});
		const done = (protocol: string | undefined) => {
			socket.destroy();
			resolve(protocol);
		};
		socket.once('secureConnect', () => done(socket.alpnProtocol || 'http/1.1'));
		socket.once('timeout', () => done(undefined));
		socket.once('error', () => done(undefined));
	});
}
