/** Header fields of a message: names are case-insensitive, order and repetition are kept (RFC 2326 section 4.2). */
export class RtspHeaders {
	readonly #fields: { readonly name: string; readonly value: string }[] = [];

	/** @param fields name and value of each; a line break in a value is the caller's bug and throws */
	constructor(fields: Readonly<Record<string, string>> = {}) {
		for (const [name, value] of Object.entries(fields)) this.append(name, value);
	}

	get size(): number {
		return this.#fields.length;
	}

	/** The first value of a field. */
	get(name: string): string | undefined {
		const key = name.toLowerCase();
		return this.#fields.find((field) => field.name.toLowerCase() === key)?.value;
	}

	/** Every value of a field that may be repeated (`WWW-Authenticate`). */
	all(name: string): string[] {
		const key = name.toLowerCase();
		return this.#fields.filter((field) => field.name.toLowerCase() === key).map((field) => field.value);
	}

	append(name: string, value: string): void {
		if (/[\r\n]/.test(name + value)) throw new TypeError(`line break in header ${JSON.stringify(name)}`);
		this.#fields.push({ name, value });
	}

	[Symbol.iterator](): IterableIterator<{ readonly name: string; readonly value: string }> {
		return this.#fields.values();
	}
}
