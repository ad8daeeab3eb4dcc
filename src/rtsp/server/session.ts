import type { Clock } from '../../base/clock.ts';
import { type RtspRequest, type RtspResponse, response } from '../message.ts';
import { buildTransport, parseTransport, type TransportHeader } from '../transport-header.ts';
import type { Outlet } from './outlets/outlet.ts';
import { Playback } from './playback.ts';
import type { Presentation, PresentationDirectory } from './presentation.ts';
import { parseTarget, splitControl } from './request-target.ts';

/** Seconds without a sign of life after which a session over UDP ends; told to the client. */
export const SESSION_TIMEOUT_S = 60;

const METHODS = 'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, GET_PARAMETER, SET_PARAMETER, TEARDOWN';

/** A way to the client, and the transport as it is told to it. */
export type OpenedOutlet = { readonly outlet: Outlet; readonly transport: TransportHeader };

export type SessionOptions = {
	/** Unguessable. */
	readonly id: string;
	readonly presentations: PresentationDirectory;
	readonly clock: Clock;
	/** Aborted when the connection is over. */
	readonly signal: AbortSignal;
	/** @returns undefined when this transport is not offered */
	readonly openOutlet: (wanted: TransportHeader) => Promise<OpenedOutlet | undefined>;
	/** Playing ended from this side: the connection should be closed. */
	readonly onEnd: (reason: string) => void;
};

type State =
	| { readonly name: 'init' }
	| { readonly name: 'ready'; readonly outlets: Map<number, Outlet> }
	/** `playback` is kept over a PAUSE. */
	| { readonly name: 'playing' | 'paused'; readonly outlets: Map<number, Outlet>; readonly playback: Playback };

type Opened = { readonly path: string; readonly presentation: Presentation };

/** The server's side of one RTSP session (RFC 2326 appendix A.2). One per connection: it ends with it. */
export class ServerSession {
	readonly #options: SessionOptions;
	#state: State = { name: 'init' };
	#opened: Opened | undefined;
	/** Aborted when the client lets go of what was opened, or is being opened. */
	#hold = new AbortController();
	#transport: TransportHeader['lower'] | undefined;

	constructor(options: SessionOptions) {
		this.#options = options;
	}

	/** How media goes to the client; undefined before it set up anything. */
	get transport(): TransportHeader['lower'] | undefined {
		return this.#transport;
	}

	get state(): State['name'] {
		return this.#state.name;
	}

	/** The path of what the client set up. */
	get path(): string | undefined {
		return this.#state.name === 'init' ? undefined : this.#opened?.path;
	}

	/** Undefined before the first PLAY. */
	get playback(): Playback | undefined {
		return 'playback' in this.#state ? this.#state.playback : undefined;
	}

	/**
	 * Answers one request. Requests of a session are handed over one after the other.
	 *
	 * @param respond is called exactly once, before the first media packet of a PLAY
	 * @throws DualcastError when what is asked for cannot be had; `respond` was not called then
	 */
	async handle(request: RtspRequest, respond: (response: RtspResponse) => void): Promise<void> {
		const session = request.headers.get('Session')?.split(';', 1)[0]?.trim();
		if (session !== undefined && (session !== this.#options.id || this.#state.name === 'init')) {
			respond(response(454, 'Session Not Found', {}));
			return;
		}
		if (request.headers.get('Require') !== undefined) {
			respond(response(551, 'Option not supported', { Unsupported: request.headers.all('Require').join(', ') }));
			return;
		}
		switch (request.method) {
			case 'OPTIONS':
				respond(this.#ok({ Public: METHODS }));
				return;
			case 'DESCRIBE':
				respond(await this.#describe(request));
				return;
			case 'SETUP':
				respond(await this.#setup(request));
				return;
			case 'PLAY':
				this.#play(request, respond);
				return;
			case 'PAUSE':
				respond(this.#pause(request));
				return;
			case 'GET_PARAMETER':
			case 'SET_PARAMETER':
				respond(request.body.length > 0 ? response(451, 'Parameter Not Understood', {}) : this.#ok());
				return;
			case 'TEARDOWN':
				this.close();
				respond(response(200, 'OK', {}));
				return;
			default:
				respond(response(501, 'Not Implemented', { Allow: METHODS }));
		}
	}

	/** Ends playing, frees the ways to the client and lets go of the presentation. Idempotent. */
	close(): void {
		const state = this.#state;
		this.#state = { name: 'init' };
		this.#transport = undefined;
		if ('playback' in state) state.playback.close();
		if (state.name !== 'init') for (const outlet of state.outlets.values()) outlet.close();
		this.#letGo();
	}

	async #describe(request: RtspRequest): Promise<RtspResponse> {
		const target = parseTarget(request.uri);
		if (!target) return response(400, 'Bad Request', {});
		const isSetUp = this.#state.name !== 'init';
		if (isSetUp && !this.#isOpened(target.path)) return notInThisState();
		if (this.#opened?.presentation.current === false) {
			// Its tracks are others than those that were set up.
			if (isSetUp) return notInThisState();
			this.#letGo();
		}
		const presentation = await this.#open(target.path);
		if (!presentation) return response(404, 'Not Found', {});
		const headers = { 'Content-Base': `${target.base}/`, 'Content-Type': 'application/sdp' };
		return response(200, 'OK', headers, new TextEncoder().encode(presentation.sdp));
	}

	async #setup(request: RtspRequest): Promise<RtspResponse> {
		if (this.#state.name === 'playing' || this.#state.name === 'paused') return notInThisState();
		const target = parseTarget(request.uri);
		const split = target && splitControl(target.path);
		if (!split) return response(400, 'Bad Request', {});
		if (this.#state.name === 'ready' && !this.#isOpened(split.path)) return notInThisState();
		const presentation = await this.#open(split.path);
		const index = presentation?.tracks.findIndex((track) => track.control === split.control) ?? -1;
		const track = presentation?.tracks[index];
		if (!track) return response(404, 'Not Found', {});

		const outlets = this.#state.name === 'ready' ? this.#state.outlets : new Map<number, Outlet>();
		if (outlets.has(index)) return notInThisState();
		const opened = await this.#openFirst(parseTransport(request.headers.get('Transport') ?? ''));
		if (!opened) return response(461, 'Unsupported Transport', {});
		if (this.#options.signal.aborted) {
			opened.outlet.close();
			return response(503, 'Service Unavailable', {});
		}
		outlets.set(index, opened.outlet);
		this.#state = { name: 'ready', outlets };
		this.#transport = opened.transport.lower;
		return this.#ok({ Transport: buildTransport({ ...opened.transport, ssrc: track.ssrc }) });
	}

	#play(request: RtspRequest, respond: (response: RtspResponse) => void): void {
		const state = this.#state;
		const presentation = this.#opened?.presentation;
		if (state.name === 'init' || !presentation) {
			respond(notInThisState());
			return;
		}
		const refused = this.#refuseOther(request);
		if (refused) {
			respond(refused);
			return;
		}
		respond(this.#ok({ Range: 'npt=now-' }));
		// The client took no more answers: the session was closed with this one.
		if (this.#state !== state) return;
		const { clock, onEnd } = this.#options;
		const playback = 'playback' in state ? state.playback : new Playback(presentation, state.outlets, clock, onEnd);
		this.#state = { name: 'playing', outlets: state.outlets, playback };
		// A second PLAY is some clients' keep-alive: it changes nothing.
		playback.start();
	}

	#pause(request: RtspRequest): RtspResponse {
		const state = this.#state;
		if (state.name === 'init') return notInThisState();
		const refused = this.#refuseOther(request);
		if (refused) return refused;
		if (state.name === 'playing') {
			state.playback.pause();
			this.#state = { ...state, name: 'paused' };
		}
		return this.#ok();
	}

	/** Undefined when the request is about what is set up, or a track of it: these play and pause together. */
	#refuseOther({ uri }: RtspRequest): RtspResponse | undefined {
		const target = parseTarget(uri);
		if (!target) return response(400, 'Bad Request', {});
		const { path, presentation } = this.#opened ?? {};
		if (target.path === path) return undefined;
		const track = presentation?.tracks.some(({ control }) => target.path === `${path}/${control}`);
		return track ? undefined : response(404, 'Not Found', {});
	}

	#isOpened(path: string): boolean {
		return this.#opened?.path === path;
	}

	/** The presentation of this session; another one is opened only while nothing is set up. */
	async #open(path: string): Promise<Presentation | undefined> {
		if (this.#opened?.path === path) return this.#opened.presentation;
		this.#letGo();
		const presentation = await this.#options.presentations.open(path, this.#hold.signal);
		if (presentation) this.#opened = { path, presentation };
		return presentation;
	}

	#letGo(): void {
		this.#hold.abort();
		this.#hold = new AbortController();
		this.#opened = undefined;
	}

	async #openFirst(alternatives: readonly TransportHeader[]): Promise<OpenedOutlet | undefined> {
		for (const alternative of alternatives) {
			if (alternative.multicast || alternative.profile !== 'RTP/AVP') continue;
			if (this.#transport !== undefined && alternative.lower !== this.#transport) continue;
			const opened = await this.#options.openOutlet(alternative);
			if (opened) return opened;
		}
		return undefined;
	}

	#ok(headers: Readonly<Record<string, string>> = {}): RtspResponse {
		if (this.#state.name === 'init') return response(200, 'OK', headers);
		return response(200, 'OK', { ...headers, Session: `${this.#options.id};timeout=${SESSION_TIMEOUT_S}` });
	}
}

function notInThisState(): RtspResponse {
	return response(455, 'Method Not Valid in This State', {});
}
