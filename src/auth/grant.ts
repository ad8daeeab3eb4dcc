/** What kind of viewer a token is for. */
export const ROLES = ['student', 'teacher', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/**
 * What may be done: `read` a live stream, `publish` one, `playback` of recordings, `admin` for everything else.
 * Who may `admin` may do all of it, with every stream.
 */
export const ACTIONS = ['read', 'publish', 'playback', 'admin'] as const;
export type Action = (typeof ACTIONS)[number];

/** What a checked token allows. */
export type Grant = {
	readonly subject: string;
	readonly role: Role;
	readonly actions: readonly Action[];
	/** Stream ids, `prefix/*`, or `*` for all. Classes are resolved. */
	readonly streams: readonly string[];
	/** The same as the token has it, classes by their names: what a token of the same right is made of. */
	readonly claimed: readonly string[];
	/** The only cluster node it is good for, beside mains. */
	readonly node: string | undefined;
	/** Who had it given out and could have others: they have places in the cluster in common. */
	readonly holder?: string | undefined;
	readonly tokenId: string | undefined;
	/** Milliseconds since the Unix epoch. */
	readonly issuedAt: number;
	readonly expiresAt: number;
};

const ALL = '*';
const ANY_BELOW = '/*';
/** Empty, `.` or `..`: whoever normalises the path (RFC 3986 6.2.2.3) means another stream. */
const ODD_PART = /(?:^|\/)\.{0,2}(?:\/|$)/;

/** True when the grant allows the action with the stream, or, without a stream, at all. */
export function permits(grant: Grant, action: Action, stream?: string): boolean {
	if (grant.actions.includes('admin')) return true;
	if (!grant.actions.includes(action)) return false;
	return stream === undefined || grant.streams.some((pattern) => covers(pattern, stream));
}

/**
 * True when a pattern allows a stream. Ids are compared letter by letter: nothing is decoded or folded, and one with
 * parts that are more than names is no stream's.
 */
export function covers(pattern: string, stream: string): boolean {
	return matches(pattern, stream) && !ODD_PART.test(stream);
}

function matches(pattern: string, stream: string): boolean {
	if (pattern === ALL || pattern === stream) return true;
	return pattern.endsWith(ANY_BELOW) && stream.startsWith(pattern.slice(0, -1));
}

/** True when everything the inner pattern allows is allowed by the outer one. */
export function includesPattern(outer: string, inner: string): boolean {
	if (outer === ALL || outer === inner) return true;
	return outer.endsWith(ANY_BELOW) && inner.startsWith(outer.slice(0, -1)) && inner !== ALL;
}
