import { createHash } from 'node:crypto';

/** A Lua script that Redis runs as one step. Keys are made from the prefix, which is the first argument. */
export type RedisScript = { readonly text: string; readonly sha1: string };

export function redisScript(text: string): RedisScript {
	return { text, sha1: createHash('sha1').update(text).digest('hex') };
}
