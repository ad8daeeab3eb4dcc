import { z } from 'zod';
import { text } from './fields.ts';

const REDIS_URL = /^rediss?:\/\/[^\s<>"]+$/;
const REDIS_EXPECTED =
	'expected redis://host:port, or with TLS rediss://host:port, then at most / and the number of a database; a user name ' +
	'or password with special characters goes under cluster.redis.username and cluster.redis.password';
const DATABASE = /^(?:\/\d{0,5})?$/;

const HTTP_URL = /^https?:\/\/[^\s<>"?#]+$/;
const HTTP_EXPECTED = 'expected an address such as https://sub1.example.org, without a user';

/** Address of the Redis server: one that the client can read. */
export function redisUrl() {
	return text(2048)
		.regex(REDIS_URL, { error: REDIS_EXPECTED, abort: true })
		.refine(isRedisUrl, { error: REDIS_EXPECTED });
}

/** What follows a `#`, `?` or `/` in a password would be taken for another part of the address, or be left out. */
function isRedisUrl(address: string): boolean {
	if (!URL.canParse(address)) return false;
	const { hostname, pathname, search, hash, username, password } = new URL(address);
	return hostname !== '' && DATABASE.test(pathname) && search === '' && hash === '' && isEscaped(username + password);
}

function isEscaped(part: string): boolean {
	try {
		decodeURIComponent(part);
		return true;
	} catch {
		return false;
	}
}

/** Where viewers reach a node, as the header `Location` can carry it: names in other scripts become ASCII (IDNA). */
export function viewersUrl() {
	return text(2048)
		.regex(HTTP_URL, { error: HTTP_EXPECTED, abort: true })
		.transform((address, context) => {
			const url = URL.canParse(address) ? new URL(address) : undefined;
			if (url && url.username === '' && url.password === '') return (url.origin + url.pathname).replace(/\/+$/, '');
			context.addIssue({ code: 'custom', message: HTTP_EXPECTED });
			return z.NEVER;
		});
}
