import { SourceError } from '../../base/errors.ts';
import { Authorizer, type Credentials } from '../auth.ts';
import { chooseChallenge } from '../challenge.ts';
import { sourceErrorFromStatus } from '../errors.ts';
import { type RtspRequest, type RtspResponse, request } from '../message.ts';
import { parseSession } from '../session-header.ts';

/** Sends a request and gives its response. `RtspConnection.exchange` is one. */
export type Exchange = (request: RtspRequest, timeout?: number) => Promise<RtspResponse>;

export type DialogueOptions = {
	readonly exchange: Exchange;
	readonly credentials: Credentials | undefined;
	readonly userAgent: string;
	/** A number in [0, 1). */
	readonly random: () => number;
};

/** The first answer, one with a password, and one more when the nonce had gone stale. */
const MAX_ATTEMPTS = 3;

/** Requests of one session in order: user agent, session id and authorization are its business. */
export class RtspDialogue {
	readonly #options: DialogueOptions;
	readonly #authorizer: Authorizer | undefined;
	#sessionId: string | undefined;
	/** Seconds; known once a session is. */
	sessionTimeout = 60;

	constructor(options: DialogueOptions) {
		this.#options = options;
		this.#authorizer = options.credentials && new Authorizer(options.credentials, options.random);
	}

	/** True from the first SETUP that was answered with a session on. */
	get hasSession(): boolean {
		return this.#sessionId !== undefined;
	}

	/**
	 * Sends a request; when the camera asks for a password, sends it again with one.
	 *
	 * @param timeout milliseconds for the response
	 * @returns any response but 401
	 * @throws SourceError `camera_unauthorized` on a second 401, or on the first when there is nothing to answer with
	 */
	async call(
		method: string,
		uri: string,
		headers: Readonly<Record<string, string>> = {},
		timeout?: number,
	): Promise<RtspResponse> {
		let sent: string | undefined;
		for (let attempt = 1; ; attempt++) {
			const authorization = this.#authorizer?.authorize(method, uri);
			if (attempt > 1 && authorization === sent) throw sourceErrorFromStatus(401, method);
			sent = authorization;
			const answer = await this.#send(method, uri, headers, authorization, timeout);
			if (answer.status !== 401) return answer;
			this.#takeChallenge(method, answer, attempt);
		}
	}

	/** Sends a request once and without a password, whatever the answer is. */
	ask(method: string, uri: string): Promise<RtspResponse> {
		return this.#send(method, uri, {}, undefined, undefined);
	}

	async #send(
		method: string,
		uri: string,
		headers: Readonly<Record<string, string>>,
		authorization: string | undefined,
		timeout: number | undefined,
	): Promise<RtspResponse> {
		const answer = await this.#options.exchange(
			request(method, uri, {
				'User-Agent': this.#options.userAgent,
				...(this.#sessionId !== undefined && { Session: this.#sessionId }),
				...(authorization !== undefined && { Authorization: authorization }),
				...headers,
			}),
			timeout,
		);
		if (method === 'SETUP' && answer.status === 200) this.#takeSession(answer);
		return answer;
	}

	#takeSession(answer: RtspResponse): void {
		const session = parseSession(answer.headers.get('Session') ?? '');
		if (!session) return;
		this.#sessionId = session.id;
		this.sessionTimeout = session.timeout;
	}

	#takeChallenge(method: string, answer: RtspResponse, attempt: number): void {
		const challenge = chooseChallenge(answer.headers.all('WWW-Authenticate'));
		if (!this.#authorizer) {
			throw unauthorized('the camera asks for a user name and password; set both for this stream');
		}
		if (!challenge) throw unauthorized('the camera asks for a kind of authorization that is not known');
		const stale = challenge.scheme === 'digest' && challenge.stale;
		if (attempt >= MAX_ATTEMPTS || (attempt === 2 && !stale)) throw sourceErrorFromStatus(401, method);
		this.#authorizer.take(challenge);
	}
}

function unauthorized(message: string): SourceError {
	return new SourceError('camera_unauthorized', message, { permanent: true });
}
