import { createHmac } from 'node:crypto';

/** What nodes log in with at each other; both sides show that they know it, and neither sends it. */
export type NodeCredentials = { readonly username: string; readonly password: string };

const PURPOSE = 'dualcast cluster: pulling streams';

/** @param secret `cluster.secret`; what is derived from it is of no use for anything else */
export function nodeCredentials(secret: string): NodeCredentials {
	return { username: 'cluster', password: createHmac('sha256', secret).update(PURPOSE).digest('base64url') };
}
