import { z } from 'zod';
import { DualcastError } from '../base/errors.ts';
import { ACTIONS, type Grant, ROLES } from './grant.ts';
import { MAX_NAME_LENGTH, MAX_PATTERNS } from './limits.ts';

const CLASS = 'class:';
/** Seconds since the Unix epoch: the last time that a date can hold. */
const LATEST = 8.64e12;
const name = z.string().min(1).max(MAX_NAME_LENGTH);
/** A stream's id, `prefix/*`, `class:NAME` or `*`. */
export const STREAM_PATTERN = /^(?:\*|class:[\w.-]+|[\w-][\w./-]*(?:\/\*)?)$/;

/** The claims Dualcast reads (RFC 7519 4); all others are left alone. */
const claims = z.object({
	sub: name,
	role: z.enum(ROLES).default('student'),
	actions: z.array(z.enum(ACTIONS)).max(ACTIONS.length).default(['read']),
	streams: z.array(name.regex(STREAM_PATTERN)).max(MAX_PATTERNS).default([]),
	node: name.optional(),
	holder: name.optional(),
	jti: name.optional(),
	iat: z.number().nonnegative().max(LATEST).default(0),
	exp: z.number().positive().max(LATEST),
});

/** Stream patterns of a class, by its name. */
export type Classes = Readonly<Record<string, readonly string[]>>;

/**
 * What verified claims allow. `class:NAME` among the streams stands for the class's patterns; an unknown class for
 * none.
 *
 * @throws DualcastError `token_invalid` that names the claim
 */
export function grantFromClaims(payload: unknown, classes: Classes): Grant {
	const { success, data, error } = claims.safeParse(payload);
	if (!success) {
		const claim = error.issues[0]?.path.join('.') ?? 'payload';
		throw new DualcastError('token_invalid', `the token's claim "${claim}" cannot be used`);
	}
	return {
		subject: data.sub,
		role: data.role,
		actions: data.actions,
		streams: data.streams.flatMap((entry) => (entry.startsWith(CLASS) ? classPatterns(entry, classes) : [entry])),
		claimed: data.streams,
		node: data.node,
		holder: data.holder,
		tokenId: data.jti,
		issuedAt: Math.round(data.iat * 1000),
		expiresAt: Math.round(data.exp * 1000),
	};
}

function classPatterns(entry: string, classes: Classes): readonly string[] {
	const className = entry.slice(CLASS.length);
	return Object.hasOwn(classes, className) ? (classes[className] ?? []) : [];
}
