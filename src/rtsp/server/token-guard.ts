import { DualcastError } from '../../base/errors.ts';
import { type RtspRequest, type RtspResponse, response } from '../message.ts';
import { SERVER_LIMITS } from './limits.ts';
import { reasonPhrase, refusal } from './refusal.ts';
import type { RequestGuard } from './request-guard.ts';
import { parseTarget } from './request-target.ts';

/** What a client brings along. */
export type RtspCaller = {
	/** The header. */
	readonly authorization: string | undefined;
	readonly url: string;
	/** IP address. */
	readonly address: string;
};

/**
 * Decides whether a client may read a stream.
 *
 * @param end called when the right ends before the client leaves
 * @returns to be called when the client leaves
 * @throws DualcastError why it may not
 */
export type Admission = (caller: RtspCaller, stream: string, end: (reason: string) => void) => Promise<() => void>;

const CHALLENGE = 'Basic realm="Dualcast"';
const TRACK = /\/trackID=\d+$/;

/**
 * Asks for a token: as the password of Basic authentication, whatever the user name, or in the URL's query. Players
 * know how to send a password, so that is what they are asked for.
 */
export class TokenGuard implements RequestGuard {
	readonly #admit: Admission;
	readonly #address: string;
	/** What opened the stream on this connection: players bring it once, to DESCRIBE. */
	#brought: Omit<RtspCaller, 'address'> | undefined;
	readonly #end: (reason: string) => void;
	/**
	 * By stream: what is set up plays on while another stream is asked for. A connection ends with the first of its rights.
	 */
	readonly #leave = new Map<string, () => void>();
	#closed = false;

	constructor(admit: Admission, address: string, end: (reason: string) => void) {
		this.#admit = admit;
		this.#address = address;
		this.#end = end;
	}

	close(): void {
		this.#closed = true;
		for (const leave of this.#leave.values()) leave();
	}

	async authorize(request: RtspRequest): Promise<RtspResponse | undefined> {
		const target = parseTarget(request.uri);
		if (!target) return response(400, 'Bad Request', {});
		const stream = target.path.replace(TRACK, '');
		if (this.#leave.size >= SERVER_LIMITS.streams && !this.#leave.has(stream)) {
			return response(503, 'too many streams over one connection', {});
		}
		try {
			const own = { authorization: request.headers.get('Authorization'), url: request.uri };
			const brings = own.authorization !== undefined || request.uri.includes('?');
			const caller = brings ? own : (this.#brought ?? own);
			const leave = await this.#admit({ ...caller, address: this.#address }, stream, this.#end);
			this.#leave.get(stream)?.();
			this.#leave.set(stream, leave);
			if (this.#closed) leave();
			this.#brought = caller;
			return undefined;
		} catch (thrown) {
			if (!(thrown instanceof DualcastError)) throw thrown;
			const { code, message } = thrown;
			if (!code.startsWith('token_')) return refusal(thrown);
			return response(401, reasonPhrase(message), { 'WWW-Authenticate': CHALLENGE });
		}
	}
}
