import { SourceError } from '../../base/errors.ts';
import type { Credentials } from '../../base/rtsp-url.ts';
import { Authorizer } from '../auth.ts';
import { canProve, chooseChallenge } from '../challenge.ts';
import { sourceErrorFromStatus } from '../errors.ts';
import type { RtspHeaders } from '../headers.ts';
import { CLIENT_LIMITS } from './limits.ts';

/** What a login needs to know of an answer, of RTSP or of HTTP. */
export type Answered = { readonly status: number; readonly headers: RtspHeaders };

const NO_CREDENTIALS = 'the camera asks for a user name and password; set both for this stream';

/** Who this side is at a camera. Says it when it is asked, and no more than once in vain: cameras lock accounts. */
export class Login {
	readonly #authorizer: Authorizer | undefined;
	readonly #missing: string;
	readonly #mutual: boolean;
	/** From a password that was refused on, none is told: a session that runs is kept alive for days. */
	#refused = false;
	#asked = false;
	/** What was said last may not have been heard: it is said once more. */
	#repeats = false;

	/**
	 * @param random a number in [0, 1), for the client nonce
	 * @param missing what to say when the camera asks and there are no credentials
	 * @param mutual whether the other side has to show that it knows the password as well
	 */
	constructor(credentials: Credentials | undefined, random: () => number, missing = NO_CREDENTIALS, mutual = false) {
		this.#authorizer = credentials && new Authorizer(credentials, random);
		this.#missing = missing;
		this.#mutual = mutual;
	}

	/** Whether the camera asked. */
	get asked(): boolean {
		return this.#asked;
	}

	/** The camera closed the connection when it had asked. What it says to the answer over another one is final. */
	repeat(): void {
		this.#repeats = true;
	}

	/** The value of `Authorization` for one request; undefined as long as nobody asked. */
	authorize(method: string, uri: string): string | undefined {
		return this.#refused ? undefined : this.#authorizer?.authorize(method, uri);
	}

	/**
	 * Sends a request; when the camera asks for a password, sends it again with one.
	 *
	 * @param uri exactly as in the request line
	 * @returns any answer but 401
	 * @throws SourceError `camera_unauthorized` on a second 401, or on the first when there is nothing to answer with;
	 * `camera_untrusted` when the other side does not show what it has to
	 */
	async send<Answer extends Answered>(
		method: string,
		uri: string,
		send: (authorization: string | undefined) => Promise<Answer>,
	): Promise<Answer> {
		let sent: string | undefined;
		for (let attempt = 1; ; attempt++) {
			const authorization = this.authorize(method, uri);
			if (attempt > 1 && authorization === sent) throw this.#refusal(method);
			sent = authorization;
			const answer = await send(authorization);
			if (answer.status !== 401) {
				if (authorization !== undefined) this.#repeats = false;
				if (this.#mutual && answer.status < 400) this.#checkProof(uri, answer.headers);
				return answer;
			}
			this.#take(method, answer.headers, attempt);
		}
	}

	#checkProof(uri: string, headers: RtspHeaders): void {
		if (this.#authorizer?.isProven(uri, headers.get('Authentication-Info'))) return;
		throw unproven();
	}

	#take(method: string, headers: RtspHeaders, attempt: number): void {
		if (!this.#authorizer) throw unauthorized(this.#missing);
		if (this.#refused) throw this.#refusal(method);
		const challenge = chooseChallenge(headers.all('WWW-Authenticate'));
		if (!challenge) throw unauthorized('the camera asks for a kind of authorization that is not known');
		// Said before anything is answered: in the clear the password would be known to whoever asks.
		if (this.#mutual && !canProve(challenge)) throw unproven();
		const stale = challenge.scheme === 'digest' && challenge.stale;
		const heard = attempt === 2 || this.#repeats;
		if (attempt >= CLIENT_LIMITS.loginAttempts || (heard && !stale)) throw this.#refusal(method);
		this.#asked = true;
		this.#authorizer.take(challenge);
	}

	#refusal(method: string): SourceError {
		this.#refused = true;
		return sourceErrorFromStatus(401, method);
	}
}

function unproven(): SourceError {
	return new SourceError('camera_untrusted', 'the server does not show that it knows the password');
}

function unauthorized(message: string): SourceError {
	return new SourceError('camera_unauthorized', message, { permanent: true });
}
