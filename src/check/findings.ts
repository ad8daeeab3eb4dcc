/** `not applicable`: the rule is about what this output does not have; `not seen`: what it is about did not happen. */
export type Verdict = 'held' | 'broken' | 'not applicable' | 'not seen';

/** Of each kind, that are kept. */
const MAX_EVIDENCE = 5;

/** What one rule found, over all renditions. */
export class Findings {
	#checks = 0;
	#inapplicable: string | undefined;
	readonly #broken: string[] = [];
	readonly #notes: string[] = [];
	readonly #seen: string[] = [];
	/** Where is being looked at, put before the evidence. */
	place = '';

	/** One thing that must hold. @param otherwise evidence that it does not */
	expect(holds: boolean, otherwise: string): void {
		this.#checks++;
		if (!holds) this.#broken.push(this.#at(otherwise));
	}

	/** One thing that is advised, by a SHOULD or by Apple. */
	advise(followed: boolean, otherwise: string): void {
		this.#checks++;
		if (!followed) this.#notes.push(this.#at(otherwise));
	}

	/** What the verdict rests on. */
	saw(evidence: string): void {
		this.#seen.push(this.#at(evidence));
	}

	/** The rule is about something that is not here. */
	skip(reason: string): void {
		this.#inapplicable ??= reason;
	}

	get verdict(): Verdict {
		if (this.#broken.length > 0) return 'broken';
		if (this.#checks > 0) return 'held';
		return this.#inapplicable === undefined ? 'not seen' : 'not applicable';
	}

	/** What broke it; else what it rests on, or why it does not apply. */
	get evidence(): string[] {
		if (this.#broken.length > 0) return shortened(this.#broken);
		if (this.#checks > 0) return shortened(this.#seen);
		return this.#inapplicable === undefined ? [] : [this.#inapplicable];
	}

	/** Advice that is not followed. */
	get notes(): string[] {
		return shortened(this.#notes);
	}

	#at(text: string): string {
		return this.place === '' ? text : `${this.place}: ${text}`;
	}
}

function shortened(texts: readonly string[]): string[] {
	const distinct = [...new Set(texts)];
	const more = distinct.length - MAX_EVIDENCE;
	return more > 0 ? [...distinct.slice(0, MAX_EVIDENCE), `and ${more} more`] : distinct;
}
