import { decodeJwt, decodeProtectedHeader } from 'jose';
import { DualcastError } from '../base/errors.ts';
import { MAX_TOKEN_LENGTH } from './limits.ts';

/** What a token says of itself, before anything of it is believed (RFC 7515 4.1, RFC 7519 4.1.1). */
export type TokenHead = {
	readonly issuer: string | undefined;
	readonly algorithm: string | undefined;
	/** Lower case; undefined when it names none, `other` when that is no text. */
	readonly type: string | undefined;
};

/** @throws DualcastError `token_invalid` when it is no signed token or too long to be read */
export function readTokenHead(token: string): TokenHead {
	if (token.length > MAX_TOKEN_LENGTH) {
		throw new DualcastError('token_invalid', `the token is longer than ${MAX_TOKEN_LENGTH} characters`);
	}
	try {
		const { iss } = decodeJwt(token);
		const { alg, typ } = decodeProtectedHeader(token);
		return {
			issuer: typeof iss === 'string' ? iss : undefined,
			algorithm: typeof alg === 'string' ? alg : undefined,
			type: typ === undefined ? undefined : typeof typ === 'string' ? typ.toLowerCase() : 'other',
		};
	} catch (cause) {
		throw new DualcastError('token_invalid', 'the token is not a valid one of its issuer', { cause });
	}
}
