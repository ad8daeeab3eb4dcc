import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Credentials } from '../../base/rtsp-url.ts';
import { digestProof, digestSecret, sameText } from '../auth.ts';
import { type RtspRequest, type RtspResponse, response } from '../message.ts';
import { SERVER_LIMITS } from './limits.ts';
import type { RequestGuard } from './request-guard.ts';
import { withoutSlashes } from './request-target.ts';

export type DigestGuardOptions = {
	readonly credentials: Credentials;
	readonly clock: Clock;
	/** Unpredictable bytes, for the nonce. */
	readonly randomBytes: (length: number) => Uint8Array;
};

type Hash = 'md5' | 'sha256';

const REALM = 'Dualcast';
const NONCE_BYTES = 16;
const MAX_HEADER = 4096;
const COUNT = /^[0-9a-f]{8}$/i;
const CLIENT_NONCE = /^[\w+/=.-]{1,128}$/;
const PARAMETER = /(?<![a-z])([a-z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi;
const HASHES: Readonly<Record<string, Hash>> = { md5: 'md5', 'sha-256': 'sha256' };

/**
 * Asks for one user name and password by Digest (RFC 7616). SHA-256 is offered first and MD5 last: clients that know
 * only MD5 take the last they are offered. Without `qop` the form of RFC 2069 is understood, which many clients use.
 */
export class DigestGuard implements RequestGuard {
	readonly #options: DigestGuardOptions;
	#nonce: { readonly text: string; readonly until: number } | undefined;

	constructor(options: DigestGuardOptions) {
		this.#options = options;
	}

	async authorize(request: RtspRequest): Promise<RtspResponse | undefined> {
		const header = request.headers.get('Authorization');
		if (header === undefined) return this.#challenge(false);
		const parameters = parseDigest(header);
		const { clock } = this.#options;
		const nonce = this.#nonce;
		if (parameters && (!nonce || parameters.get('nonce') !== nonce.text || clock.now() >= nonce.until)) {
			// The password may be right: the client is told so, and asks its user nothing.
			return this.#challenge(true);
		}
		if (parameters && this.#isRight(parameters, request)) return undefined;
		await new Promise<void>((resolve) => clock.after(SERVER_LIMITS.refusalDelay, resolve));
		return this.#challenge(false);
	}

	/** Shows that this side knows the password, too (RFC 7616 section 3.5). */
	sign(request: RtspRequest, answer: RtspResponse): void {
		const parameters = parseDigest(request.headers.get('Authorization') ?? '');
		if (!parameters?.has('qop') || !this.#isRight(parameters, request)) return;
		const hash = hashOf(parameters);
		if (hash === undefined) return;
		const [count = '', client = ''] = [parameters.get('nc'), parameters.get('cnonce')];
		if (!COUNT.test(count) || !CLIENT_NONCE.test(client)) return;
		const nonce = { server: this.#nonce?.text ?? '', count, client };
		const proof = digestProof(hash, digestSecret(hash, this.#options.credentials, REALM), nonce, request.uri);
		answer.headers.append('Authentication-Info', `rspauth="${proof}", qop=auth, cnonce="${client}", nc=${count}`);
	}

	#challenge(stale: boolean): RtspResponse {
		const { clock, randomBytes } = this.#options;
		const now = clock.now();
		if (!this.#nonce || now >= this.#nonce.until) {
			const text = Buffer.from(randomBytes(NONCE_BYTES)).toString('hex');
			this.#nonce = { text, until: now + SERVER_LIMITS.nonceAge };
		}
		const answer = response(401, 'Unauthorized', {});
		const common = `Digest realm="${REALM}", nonce="${this.#nonce.text}"${stale ? ', stale=true' : ''}`;
		answer.headers.append('WWW-Authenticate', `${common}, algorithm=SHA-256, qop="auth"`);
		answer.headers.append('WWW-Authenticate', `${common}, algorithm=MD5`);
		return answer;
	}

	#isRight(parameters: ReadonlyMap<string, string>, request: RtspRequest): boolean {
		const { username, password } = this.#options.credentials;
		const uri = parameters.get('uri') ?? '';
		const hash = hashOf(parameters);
		if (hash === undefined || parameters.get('realm') !== REALM || !speaksOf(request.uri, uri)) return false;
		const secret = digestSecret(hash, { username, password }, REALM);
		const what = digest(hash, `${request.method}:${uri}`);
		const nonce = this.#nonce?.text ?? '';
		const middle = parameters.has('qop')
			? [nonce, parameters.get('nc'), parameters.get('cnonce'), parameters.get('qop')].join(':')
			: nonce;
		const name = unquote(parameters.get('username') ?? '');
		const right = sameText(parameters.get('response') ?? '', digest(hash, `${secret}:${middle}:${what}`));
		return sameText(name, username) && right;
	}
}

/** @returns the parameters by name; undefined when it is no Digest */
function parseDigest(header: string): Map<string, string> | undefined {
	if (!/^digest\s/i.test(header) || header.length > MAX_HEADER) return undefined;
	const parameters = new Map<string, string>();
	for (const [, name = '', quoted, plain] of header.matchAll(PARAMETER)) {
		parameters.set(name.toLowerCase(), quoted ?? plain ?? '');
	}
	return parameters;
}

function hashOf(parameters: ReadonlyMap<string, string>): Hash | undefined {
	return HASHES[(parameters.get('algorithm') ?? 'MD5').toLowerCase()];
}

function unquote(text: string): string {
	return text.replace(/\\(.)/g, '$1');
}

/** Whether what was signed is what is asked for. Some clients sign the presentation when they set up its tracks. */
function speaksOf(asked: string, signed: string): boolean {
	const base = withoutSlashes(signed);
	return base !== '' && (asked === base || asked.startsWith(`${base}/`) || asked.startsWith(`${base}?`));
}

function digest(hash: Hash, text: string): string {
	return createHash(hash).update(text, 'utf8').digest('hex');
}
