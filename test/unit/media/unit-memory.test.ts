import { describe, expect, it } from 'vitest';
import { type Piece, Pieces } from '../../../src/media/unit-memory.ts';

/** Fills pieces as groups of pictures of these lengths would. @returns those of each group */
function fill(pieces: Pieces, lengths: readonly number[]): Piece[][] {
	const groups: Piece[][] = [];
	for (const length of lengths) {
		const group = Array.from({ length }, () => pieces.take(1000));
		for (const piece of groups.at(-1) ?? []) piece.release();
		groups.push(group);
	}
	return groups;
}

describe('pieces of memory', () => {
	it('serve again when groups of pictures have changing lengths', () => {
		const lengths = Array.from({ length: 20 }, () => [8, 8, 4]).flat();
		const used = new Set(fill(new Pieces(), lengths).flat());
		expect(used.size).toBe(16);
	});

	it('are let go when some groups did not need them', () => {
		const groups = fill(new Pieces(), [50, 2, 2, 2, 2, 2, 2, 50]);
		const first = new Set(groups[0]);
		expect(
			groups
				.slice(1, -1)
				.flat()
				.filter((piece) => first.has(piece)).length,
		).toBeGreaterThan(0);
		expect(groups.at(-1)?.filter((piece) => first.has(piece)).length).toBeLessThan(5);
	});

	it('have room for what is asked for', () => {
		const pieces = new Pieces();
		const large = pieces.take(300_000);
		large.release();
		expect(large.bytes.length).toBeGreaterThanOrEqual(300_000);
		expect(pieces.take(600_000).bytes.length).toBeGreaterThanOrEqual(600_000);
		expect(pieces.take(200_000) === large).toBe(true);
	});
});
