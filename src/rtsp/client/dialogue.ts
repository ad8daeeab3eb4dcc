import { type RtspRequest, type RtspResponse, request } from '../message.ts';
import { parseSession } from '../session-header.ts';
import type { Login } from './login.ts';

/** Sends a request and gives its response. `RtspConnection.exchange` is one. */
export type Exchange = (request: RtspRequest, timeout?: number) => Promise<RtspResponse>;

export type DialogueOptions = {
	readonly exchange: Exchange;
	readonly login: Login;
	readonly userAgent: string;
};

/** Requests of one session in order: user agent, session id and authorization are its business. */
export class RtspDialogue {
	readonly #options: DialogueOptions;
	#sessionId: string | undefined;
	/** Seconds, as the camera said last; 60 when it does not (RFC 2326 section 12.37). */
	sessionTimeout = 60;

	constructor(options: DialogueOptions) {
		this.#options = options;
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
	call(
		method: string,
		uri: string,
		headers: Readonly<Record<string, string>> = {},
		timeout?: number,
	): Promise<RtspResponse> {
		return this.#options.login.send(method, uri, (authorization) =>
			this.#send(method, uri, headers, authorization, timeout),
		);
	}

	/** Sends a request once and without a password, whatever the answer is. */
	ask(method: string, uri: string, timeout?: number): Promise<RtspResponse> {
		return this.#send(method, uri, {}, undefined, timeout);
	}

	/** The camera ended the session: there is none to say goodbye to. */
	forgetSession(): void {
		this.#sessionId = undefined;
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
		this.sessionTimeout = session.timeout ?? this.sessionTimeout;
	}
}
