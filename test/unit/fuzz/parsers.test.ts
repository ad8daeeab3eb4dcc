import { describe, expect, it } from 'vitest';
import { readInputs } from '../../fuzz/corpus.ts';
import { examine, Fuzzer } from '../../fuzz/fuzzer.ts';
import { TARGETS } from '../../fuzz/targets.ts';

const INPUTS = 1500;
/** Another one each day finds more over time; each failure names it. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_261_121);

describe.each(TARGETS.map((target) => [target.name, target] as const))('the parser %s', (name, target) => {
	const corpus = readInputs('corpus', name);
	const crashers = readInputs('crashers', name);

	it('keeps its promises on real input, and on input that once broke one', () => {
		expect(corpus.length).toBeGreaterThan(0);
		for (const { file, bytes } of [...corpus, ...crashers]) expect(examine(target, bytes), file).toBeUndefined();
	});

	it(`keeps its promises on ${INPUTS} broken inputs of seed ${SEED}`, () => {
		const known = [...corpus, ...crashers].map(({ bytes }) => bytes);
		const fuzzer = new Fuzzer(target, known, SEED);
		for (let count = 0; count < INPUTS; count++) {
			const input = fuzzer.next();
			const why = examine(target, input);
			expect(why, `input ${count}: ${Buffer.from(input).toString('base64').slice(0, 4000)}`).toBeUndefined();
		}
	});
});
