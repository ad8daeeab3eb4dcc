import { schedule } from 'node-cron';
import { DualcastError, toError } from '../base/errors.ts';
import type { HttpRequest, HttpResponse } from '../base/http-exchange.ts';
import { Scope } from '../base/scope.ts';
import { carriesVideo, type SkippedTrack } from './carried-tracks.ts';
import { removeLeftovers } from './disk/leftovers.ts';
import { LowLatencyOutput } from './low-latency-output.ts';
import { Output } from './output.ts';
import { Outputs } from './outputs.ts';
import {
	LOW_LATENCY_MASTER_NAME,
	LOW_LATENCY_PLAYLIST_NAME,
	MASTER_NAME,
	PLAYLIST_NAME,
	parseHlsPath,
} from './path.ts';
import { isLowLatencyFile } from './playlist/names.ts';
import type { PlaylistBody } from './playlist/playlist.ts';
import type { MediaFile } from './segments/segment.ts';
import type { HlsServerOptions } from './server-options.ts';
import { Answers } from './serving/answer.ts';
import { withQuery } from './serving/carried-query.ts';
import { ALLOWED_METHODS, OPTIONS_HEADERS } from './serving/cors.ts';
import { type DeliveryDirectives, parseDirectives } from './serving/delivery-directives.ts';
import type { Waiter } from './serving/held-requests.ts';
import type { HlsStats } from './stats.ts';
import type { StreamOutput } from './stream-output.ts';

const SWEEP_SCHEDULE = '*/10 * * * *';
/** Leftovers are kept this long after their last change, for whoever wants to look at them. Milliseconds. */
const LEFTOVER_AGE = 600_000;

export interface HlsServer {
	/** Answers `/hls/<id>/<file>` (GET, HEAD, OPTIONS) and returns true; false when the path is not HLS. */
	handle(request: HttpRequest, response: HttpResponse): boolean;
	/** Whether there are low-latency playlists. */
	readonly lowLatency: boolean;
	/** Name of a playlist that carries this video. */
	playlistFor(codec: string): string | undefined;
	/** Running outputs only. */
	list(): HlsStats[];
	get(id: string): HlsStats | undefined;
	/** Clients that asked for something of this stream lately. */
	viewers(id: string): number;
	/** Whether the client that asks is one of these. */
	hasViewer(id: string, request: HttpRequest): boolean;
	/** Tracks that the stream's output leaves out, as of its last run. */
	skipped(id: string): readonly SkippedTrack[];
	/** Removes files of outputs that no longer run; also done every ten minutes. Never rejects. */
	sweep(): Promise<void>;
	/** Stops every output, answers held requests and waits for the disk. Idempotent. */
	close(): Promise<void>;
}

/** HLS of every stream in the directory, each started by the first request for its playlist. */
export function createHlsServer(options: HlsServerOptions): HlsServer {
	return new OnDemandHls(options);
}

class OnDemandHls implements HlsServer {
	readonly #options: HlsServerOptions;
	readonly #answers: Answers;
	readonly #classic: Outputs<Output>;
	readonly #lowLatency: Outputs<LowLatencyOutput>;
	readonly #scope = new Scope();

	constructor(options: HlsServerOptions) {
		this.#options = options;
		const { container = 'ts', partDuration = 0 } = options;
		this.#answers = new Answers({
			compression: options.enableCompression,
			guarded: options.gate !== undefined,
		});
		this.#classic = new Outputs(options.clock, (life) => new Output({ ...options, ...life, container }));
		this.#lowLatency = new Outputs(
			options.clock,
			(life) => new LowLatencyOutput({ ...options, ...life, partDuration }),
		);
		this.#scope.defer(async () => {
			await Promise.all(this.#running().map((output) => output.close()));
			for (const outputs of [this.#classic, this.#lowLatency]) outputs.close();
		});
		const sweeps = schedule(SWEEP_SCHEDULE, () => this.sweep(), {
			name: 'hls leftovers',
			noOverlap: true,
			unref: true,
			suppressMissedWarning: true,
		});
		this.#scope.defer(() => sweeps.destroy());
	}

	handle(request: HttpRequest, response: HttpResponse): boolean {
		const path = parseHlsPath(request.url ?? '');
		if (path === undefined) return false;
		if (request.method === 'OPTIONS') {
			this.#answers.empty(response, 204, OPTIONS_HEADERS);
		} else if (request.method !== 'GET' && request.method !== 'HEAD') {
			response.setHeader('Allow', ALLOWED_METHODS);
			this.#fail(request, response, new DualcastError('method_not_allowed', `HLS is read by ${ALLOWED_METHODS} only`));
		} else if (path === 'unsafe') {
			this.#fail(request, response, unknownStream());
		} else {
			this.#admit(request, response, path.id, () => {
				if (this.#options.directory.has(path.id)) this.#route(request, response, path.id, path.file);
				else this.#fail(request, response, unknownStream());
			});
		}
		return true;
	}

	get lowLatency(): boolean {
		return (this.#options.partDuration ?? 0) > 0;
	}

	playlistFor(codec: string): string | undefined {
		if (carriesVideo(codec, this.#options.container ?? 'ts')) return PLAYLIST_NAME;
		return this.lowLatency && carriesVideo(codec, 'fmp4') ? LOW_LATENCY_PLAYLIST_NAME : undefined;
	}

	list(): HlsStats[] {
		return this.#running().map((output) => output.stats());
	}

	get(id: string): HlsStats | undefined {
		return (this.#classic.get(id) ?? this.#lowLatency.get(id))?.stats();
	}

	viewers(id: string): number {
		return (this.#classic.get(id)?.viewers() ?? 0) + (this.#lowLatency.get(id)?.viewers() ?? 0);
	}

	hasViewer(id: string, request: HttpRequest): boolean {
		return [this.#classic, this.#lowLatency].some((outputs) => outputs.get(id)?.hasViewer(request) === true);
	}

	skipped(id: string): readonly SkippedTrack[] {
		return this.#classic.skipped(id) ?? this.#lowLatency.skipped(id) ?? [];
	}

	async sweep(): Promise<void> {
		const { outputDir, clock, logger } = this.#options;
		try {
			const removed = await removeLeftovers({
				outputDir,
				isRunning: (id) => this.#classic.get(id) !== undefined,
				before: clock.wall() - LEFTOVER_AGE,
			});
			if (removed > 0) logger.info({ removed }, 'removed files of HLS outputs that no longer run');
		} catch (thrown) {
			logger.warn({ error: toError(thrown).message }, 'cannot sweep the HLS folder');
		}
	}

	close(): Promise<void> {
		return this.#scope.close();
	}

	/** Without the right to read a stream nobody learns whether there is one. */
	#admit(request: HttpRequest, response: HttpResponse, id: string, pass: () => void): void {
		const refuse = (thrown: unknown) => this.#fail(request, response, toError(thrown));
		try {
			const pending = this.#options.gate?.admit(request, id);
			if (pending === undefined) pass();
			else pending.then(pass).catch(refuse);
		} catch (thrown) {
			refuse(thrown);
		}
	}

	#running(): StreamOutput[] {
		return [...this.#classic.running(), ...this.#lowLatency.running()];
	}

	#route(request: HttpRequest, response: HttpResponse, id: string, file: string): void {
		const { lowLatency } = this;
		if (file === PLAYLIST_NAME) {
			this.#playlist(request, response, id, (answer) => this.#classic.obtain(id).playlist(request, answer));
		} else if (file === MASTER_NAME) {
			this.#playlist(request, response, id, (answer) => this.#classic.obtain(id).multivariant(request, answer));
		} else if (lowLatency && file === LOW_LATENCY_PLAYLIST_NAME) {
			this.#lowLatencyPlaylist(request, response, id);
		} else if (lowLatency && file === LOW_LATENCY_MASTER_NAME) {
			this.#playlist(request, response, id, (answer) => this.#lowLatency.obtain(id).multivariant(request, answer));
		} else {
			this.#file(request, response, id, file);
		}
	}

	#lowLatencyPlaylist(request: HttpRequest, response: HttpResponse, id: string): void {
		let asked: DeliveryDirectives;
		try {
			asked = parseDirectives(request.url ?? '');
		} catch (thrown) {
			this.#fail(request, response, toError(thrown));
			return;
		}
		this.#playlist(request, response, id, (answer) => this.#lowLatency.obtain(id).playlist(request, asked, answer));
	}

	/**
	 * @param ask asks an output, which it starts if need be; returns what forgets the request while it is held
	 * @param again whether to ask once more when the stream ends under it before there is a playlist
	 */
	#playlist(
		request: HttpRequest,
		response: HttpResponse,
		id: string,
		ask: (answer: Waiter<PlaylistBody>) => (() => void) | undefined,
		again = true,
	): void {
		if (this.#scope.closed) {
			this.#fail(request, response, new DualcastError('stream_closed', 'the gateway is shutting down'));
			return;
		}
		let held = false;
		const forget = ask((outcome) => {
			if (!(outcome instanceof Error)) {
				if (!held) this.#givePlaylist(request, response, outcome);
				else this.#admit(request, response, id, () => this.#givePlaylist(request, response, outcome));
			}
			// The next claim of the stream knows why it ended.
			else if (again && outcome instanceof DualcastError && outcome.code === 'stream_closed') {
				this.#playlist(request, response, id, ask, false);
			} else this.#fail(request, response, outcome);
		});
		if (!forget) return;
		held = true;
		response.on('close', forget);
	}

	#givePlaylist(request: HttpRequest, response: HttpResponse, playlist: PlaylistBody): void {
		const query = this.#options.gate?.carry(request) ?? '';
		if (query === '') this.#answers.playlist(request, response, playlist);
		else this.#answers.ownPlaylist(request, response, withQuery(playlist.plain.toString(), query));
	}

	#file(request: HttpRequest, response: HttpResponse, id: string, name: string): void {
		const isLowLatency = isLowLatencyFile(name);
		// Most players ask for what is to come.
		const output = isLowLatency ? this.#lowLatency.get(id) : undefined;
		const forget = output?.hinted(request, name, (outcome) => {
			if (outcome instanceof Error) {
				this.#fail(request, response, outcome);
				return;
			}
			const { bytes } = outcome;
			lend(outcome, response);
			this.#admit(request, response, id, () => this.#answers.media(request, response, name, bytes));
		});
		if (forget) {
			response.on('close', forget);
			return;
		}
		const found = (isLowLatency ? this.#lowLatency : this.#classic).file(id, request, name);
		if (found) {
			lend(found, response);
			this.#answers.media(request, response, name, found.bytes);
			return;
		}
		const message = `there is no such file, or no longer; start with ${PLAYLIST_NAME}`;
		this.#fail(request, response, new DualcastError('not_found', message));
	}

	#fail(request: HttpRequest, response: HttpResponse, error: Error): void {
		if (response.headersSent) return;
		this.#answers.prepareError(response);
		this.#options.answerError(request, response, error);
	}
}

/** The memory is not written again while the response may send it. */
function lend({ memory }: MediaFile, response: HttpResponse): void {
	if (!memory) return;
	memory.use();
	response.on('close', () => memory.release());
}

function unknownStream(): DualcastError {
	return new DualcastError(
		'stream_not_found',
		'there is no stream of this name; see /api/v1/streams for those there are',
	);
}
