import { isIP } from 'node:net';
import { z } from 'zod';

const HOST_NAME = /^[A-Za-z0-9._-]+$/;

/** A group of settings; an unknown key is refused by name, with the keys there are. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
	const known = Object.keys(shape).join(', ');
	return z.strictObject(shape, {
		error: ({ code, input }) => {
			if (code === 'unrecognized_keys') return `the keys here are ${known}`;
			return input === null
				? 'there is nothing under this key; leave the key out to take its defaults'
				: `expected settings under this key: ${known}`;
		},
	});
}

/** A whole number from `min` to `max`, both included. */
export function whole(min: number, max: number) {
	const error = `expected a whole number from ${min} to ${max}`;
	return z.int({ error }).min(min, { error }).max(max, { error });
}

/** `true` or `false`. */
export function flag() {
	return z.boolean({ error: 'expected true or false' });
}

/** Text of 1 to `max` characters. */
export function text(max = 1024) {
	return z
		.string({
			error: ({ input }) =>
				input === undefined
					? 'is missing'
					: 'expected text; put it in quotes if it looks like a number, true, false or null',
		})
		.min(1, { error: 'must not be empty' })
		.max(max, { error: `must not be longer than ${max} characters` });
}

/** One of the given words. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words) {
	return z.enum(words, { error: `expected one of ${words.join(', ')}` });
}

/** A list of at most `max` entries. */
export function list<Entry extends z.ZodType>(entry: Entry, max = 32) {
	return z.array(entry, { error: 'expected a list' }).max(max, { error: `expected at most ${max} entries` });
}

/** A TCP or UDP port. */
export function port() {
	return whole(0, 65_535);
}

/** Where to listen. */
export function listenHost() {
	return text(255).refine((host) => isIP(host) !== 0 || HOST_NAME.test(host), {
		error: 'expected an IP address or a host name, without a port; IPv6 without brackets',
	});
}
