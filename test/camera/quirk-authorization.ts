import { createHash } from 'node:crypto';
import type { RtspRequest } from '../../src/rtsp/message.ts';
import type { QuirkAuthorization } from './quirk-file.ts';

/** How a camera asks for a password and looks at what it gets (RFC 7616 and RFC 7617, from the server's side). */
export class QuirkDoorkeeper {
	readonly #rules: QuirkAuthorization;
	#nonce = 1;
	#stale = false;
	refusals = 0;

	constructor(rules: QuirkAuthorization) {
		this.#rules = rules;
	}

	/** @returns whether the request may pass */
	admits(request: RtspRequest): boolean {
		this.#stale = false;
		const header = request.headers.get('Authorization');
		const admitted = header !== undefined && !this.#rules.never && this.#isRight(header, request);
		if (!admitted) this.refusals += 1;
		if (admitted && this.#rules.nonce === 'once') this.#nonce += 1;
		return admitted;
	}

	/** Values of `WWW-Authenticate` for a request that was refused. */
	challenges(method: string): string[] {
		return this.#rules.challenges.map((text) =>
			text.replaceAll('<nonce>', this.#nonceFor(method)).replaceAll('<stale>', String(this.#stale)),
		);
	}

	#nonceFor(method: string): string {
		return this.#rules.nonce === 'method' ? hash('md5', method) : `4f${this.#nonce}`;
	}

	#isRight(header: string, request: RtspRequest): boolean {
		const { user, password, challenges } = this.#rules;
		const [scheme = '', rest = ''] = header.split(/\s(.*)/s);
		const offered = challenges.filter((text) => text.toLowerCase().startsWith(scheme.toLowerCase()));
		if (offered.length === 0) return false;
		if (scheme === 'Basic') return rest === Buffer.from(`${user}:${password}`).toString('base64');
		const fields = new Map<string, string>();
		for (const [, name = '', quoted, plain = ''] of rest.matchAll(/(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^,\s]*))/g)) {
			fields.set(name, quoted?.replace(/\\(.)/g, '$1') ?? plain);
		}
		const field = (name: string) => fields.get(name) ?? '';
		const algorithm = field('algorithm') || 'MD5';
		const kind = algorithm.replace(/-sess$/i, '');
		const digest = (text: string) =>
			hash(kind.toUpperCase() === 'MD5' ? 'md5' : kind.toUpperCase() === 'SHA-256' ? 'sha256' : 'sha512-256', text);
		if (!offered.some((text) => (/algorithm="?([\w-]+)/i.exec(text)?.[1] ?? 'MD5') === algorithm)) return false;
		if (offered.some((text) => text.includes('opaque=') && !text.includes(`opaque="${field('opaque')}"`))) return false;
		let secret = digest(`${user}:${field('realm')}:${password}`);
		if (kind !== algorithm) secret = digest(`${secret}:${field('nonce')}:${field('cnonce')}`);
		const middle = field('qop') === '' ? '' : `${field('nc')}:${field('cnonce')}:${field('qop')}:`;
		const response = digest(`${secret}:${field('nonce')}:${middle}${digest(`${request.method}:${request.uri}`)}`);
		const known = field('username') === user && field('uri') === request.uri && response === field('response');
		this.#stale = known && field('nonce') !== this.#nonceFor(request.method);
		return known && !this.#stale;
	}
}

function hash(name: string, text: string): string {
	return createHash(name).update(text).digest('hex');
}
