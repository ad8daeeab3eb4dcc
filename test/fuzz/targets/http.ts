import { grantFromClaims } from '../../../src/auth/claims.ts';
import { permits } from '../../../src/auth/grant.ts';
import { readTokenHead } from '../../../src/auth/token-head.ts';
import { passwordOf, tokenOf } from '../../../src/auth/token-source.ts';
import { DualcastError } from '../../../src/base/errors.ts';
import { redact } from '../../../src/base/redact.ts';
import { isStreamId, parseHlsPath } from '../../../src/hls/path.ts';
import { readRange } from '../../../src/hls/serving/answer.ts';
import { parseDirectives } from '../../../src/hls/serving/delivery-directives.ts';
import { PlainRequestReader } from '../../../src/http/plain-request.ts';
import { type FuzzTarget, lineOf, promise, refusable, textOf } from '../target.ts';

/** What a token says of itself before it is checked. */
export const tokenHead: FuzzTarget = {
	name: 'token-head',
	shape: 'bytes',
	dictionary: ['eyJhbGciOiJIUzI1NiJ9', '.', 'e30', '..', 'eyJpc3MiOiJkdWFsY2FzdCJ9', '=', '-', '_', '{"alg":"none"}'],
	run(input) {
		const head = refusable(DualcastError, () => readTokenHead(textOf(input)));
		for (const value of Object.values(head ?? {})) promise(value === undefined || typeof value === 'string', 'text');
	},
};

/** The payload of a token whose signature was right. */
export const tokenClaims: FuzzTarget = {
	name: 'token-claims',
	shape: 'bytes',
	dictionary: [
		'"sub":"',
		'"exp":',
		'"streams":["',
		'"*"',
		'class:',
		'/*',
		'"actions":["admin"]',
		'__proto__',
		'"role":',
	],
	run(input) {
		let payload: unknown;
		try {
			payload = JSON.parse(textOf(input));
		} catch {
			return;
		}
		const grant = refusable(DualcastError, () => grantFromClaims(payload, { '5b': ['room/5/*'] }));
		if (!grant) return;
		promise(grant.subject !== '' && Number.isFinite(grant.expiresAt), 'a grant is of somebody, until some time');
		for (const pattern of grant.streams) promise(/^(?:\*|[\w./-]+\*?)$/.test(pattern), `a pattern is one: ${pattern}`);
		promise(!permits(grant, 'admin') || grant.actions.includes('admin'), 'an admin is called one');
	},
};

/** Authorization header and address of a request, in two lines. */
export const tokenSource: FuzzTarget = {
	name: 'token-source',
	shape: 'bytes',
	dictionary: ['Bearer ', 'Basic ', 'YTpi', '?jwt=', '&token=', '%', '%2e', '+', '\n', '?', '#'],
	run(input) {
		const [authorization = '', url = ''] = textOf(input).replaceAll('\r', '').split('\n', 2);
		const token = tokenOf(authorization, url);
		promise(token !== '', 'a token is something or nothing');
		const { user, password } = passwordOf(authorization);
		promise(user.length + password.length <= authorization.length, 'a password is in the header');
		const written = `/whep/yard?jwt=${encodeURIComponent('CANARY')}&${url}`;
		promise(!redact(written).slice(0, 40).includes('CANARY'), 'a token in an address is not logged');
	},
};

/** `_HLS_msn` and its like, in a request's target. */
export const deliveryDirectives: FuzzTarget = {
	name: 'delivery-directives',
	shape: 'bytes',
	dictionary: ['?', '&', '=', '_HLS_msn=', '_HLS_part=', '_HLS_skip=YES', 'v2', '-1', '1e9', '%30', '9007199254740993'],
	run(input) {
		const asked = refusable(DualcastError, () => parseDirectives(`/hls/yard/ll.m3u8${lineOf(input)}`));
		if (!asked) return;
		for (const number of [asked.msn ?? 0, asked.part ?? 0]) {
			promise(Number.isSafeInteger(number) && number >= 0, 'numbers are whole');
		}
		promise(asked.part === undefined || asked.msn !== undefined, 'a part is of a segment');
	},
};

/** The target of a request for HLS. */
export const hlsPath: FuzzTarget = {
	name: 'hls-path',
	shape: 'bytes',
	dictionary: ['/hls/', '/', '..', '.', '%2e', '%2f', '%5c', '%00', '%c0%ae', '%', '?', 'index.m3u8', '__proto__'],
	run(input) {
		const path = parseHlsPath(lineOf(input));
		if (path === undefined || path === 'unsafe') return;
		promise(isStreamId(path.id) && isStreamId(path.file), 'names are harmless');
		for (const part of [...path.id.split('/'), path.file])
			promise(!/^\.|[\\\0%:]/.test(part), 'and stay in their folder');
		promise(!path.file.includes('/'), 'a file is a name');
	},
};

/** RFC 9110 14.2, of a file whose size the first byte tells. */
export const httpRange: FuzzTarget = {
	name: 'http-range',
	shape: 'bytes',
	dictionary: ['bytes=', '-', '0-', '-1', ',', '9007199254740993', '00', ' '],
	run(input) {
		const size = input[0] ?? 0;
		const range = readRange(lineOf(input.subarray(1)), size);
		if (range === undefined || range === 'unsatisfiable') return;
		const { from, to } = range;
		promise(Number.isSafeInteger(from) && Number.isSafeInteger(to), 'positions are whole');
		promise(from >= 0 && from <= to && to < size, `a range lies within the file: ${from}-${to}/${size}`);
	},
};

/** A request as it comes from a socket (RFC 9112). */
export const plainRequest: FuzzTarget = {
	name: 'plain-request',
	shape: 'bytes',
	dictionary: [
		...['GET ', 'HEAD ', 'POST ', ' HTTP/1.1', ' HTTP/1.0', '\r\n', '\r\n\r\n', '\n', '\r', ':', ' ', '\t', '\0'],
		...['Host: a', 'Content-Length: 1', 'Transfer-Encoding: chunked', 'Connection: close', 'Range: bytes=0-1'],
	],
	run(input) {
		const bytes = Buffer.from(input);
		const asked = new PlainRequestReader().read(bytes);
		if (!asked) return;
		const { method, url, headers } = asked;
		promise(/^\/[\x21-\x7e]*$/.test(url), 'a target is one word');
		promise(Boolean(headers.host), 'a host is named');
		for (const name of ['content-length', 'transfer-encoding', 'expect', 'upgrade']) {
			promise(headers[name] === undefined, 'nothing follows the head');
		}
		const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
		const again = Buffer.from(`${method} ${url} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1');
		promise(again.indexOf('\r\n\r\n') === again.length - 4, 'there is one head');
		promise(
			JSON.stringify(new PlainRequestReader().read(again)) === JSON.stringify(asked),
			'it is read the same again',
		);
	},
};
