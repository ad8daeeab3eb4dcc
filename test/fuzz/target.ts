/** One parser under attack. */
export type FuzzTarget = {
	/** Also the name of its folders in `corpus` and `crashers`. */
	readonly name: string;
	/** What an input is: any bytes, or packets, each behind its length in 16 bits (RFC 4571 section 2). */
	readonly shape: 'bytes' | 'packets';
	/** Words that mean something to the parser. */
	readonly dictionary?: readonly string[];
	/**
	 * Lets the parser read one input and checks what it promises: no error but its declared one, output in bounds.
	 *
	 * @param input the target's own; it may be overwritten
	 * @throws whatever shows that a promise is broken
	 */
	run(input: Uint8Array): void;
};

/** Bytes of an input: what one read of a socket or one datagram can hold. */
export const MAX_INPUT = 65_536;

/** A promise of a parser. */
export function promise(kept: boolean, what: string): asserts kept {
	if (!kept) throw new Error(`broken promise: ${what}`);
}

/**
 * Runs `parse`; an error of the declared class is an answer like any other.
 *
 * @returns undefined when the parser refused
 */
export function refusable<T>(declared: abstract new (...args: never) => Error, parse: () => T): T | undefined {
	try {
		return parse();
	} catch (thrown) {
		if (thrown instanceof declared) return undefined;
		throw thrown;
	}
}

/** Any bytes as text, as it would come from a socket. */
export function textOf(input: Uint8Array): string {
	return new TextDecoder().decode(input);
}

/** Any bytes as the value of a header: one line. */
export function lineOf(input: Uint8Array): string {
	return textOf(input)
		.replace(/[\r\n]/g, ' ')
		.trim();
}
