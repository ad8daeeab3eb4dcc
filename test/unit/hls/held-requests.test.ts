import { describe, expect, it } from 'vitest';
import { HeldRequests, MAX_HELD } from '../../../src/hls/serving/held-requests.ts';

function room() {
	const held = new HeldRequests<number, string>();
	const told: string[] = [];
	const waiter = (name: string) => (outcome: string | Error) =>
		void told.push(`${name}: ${outcome instanceof Error ? outcome.message : outcome}`);
	return { held, told, waiter };
}

describe('held requests', () => {
	it('with the same wish are looked up once and answered together', () => {
		const { held, told, waiter } = room();
		held.hold('7', 7, waiter('a'), 0);
		held.hold('7', 7, waiter('b'), 0);
		held.hold('8', 8, waiter('c'), 0);
		const asked: number[] = [];
		held.answer((wish) => {
			asked.push(wish);
			return wish === 7 ? 'seven' : undefined;
		});
		expect(asked).toEqual([7, 8]);
		expect(told).toEqual(['a: seven', 'b: seven']);
		expect(held.size).toBe(1);
	});

	it('are forgotten one by one, and only once', () => {
		const { held, told, waiter } = room();
		const forget = held.hold('7', 7, waiter('a'), 0);
		held.hold('7', 7, waiter('b'), 0);
		forget();
		forget();
		expect(held.size).toBe(1);
		held.answer(() => 'seven');
		expect(told).toEqual(['b: seven']);
		// Another one with the same wish came since.
		held.hold('7', 7, waiter('c'), 0);
		forget();
		expect(held.size).toBe(1);
	});

	it('are let go when they came too long ago, each by its own time', () => {
		const { held, told, waiter } = room();
		held.hold('7', 7, waiter('a'), 100);
		held.hold('7', 7, waiter('b'), 200);
		held.refuseOlder(150, () => new Error('late'));
		expect(told).toEqual(['a: late']);
		expect(held.size).toBe(1);
	});

	it('may come again while they are answered', () => {
		const { held, told, waiter } = room();
		held.hold('7', 7, () => held.hold('8', 8, waiter('again'), 0), 0);
		held.answer((wish) => (wish === 7 ? 'seven' : undefined));
		expect([told, held.size]).toEqual([[], 1]);
		held.answer(() => 'eight');
		expect([told, held.size]).toEqual([['again: eight'], 0]);
	});

	it('may be forgotten while others with the same wish are answered', () => {
		const { held, told, waiter } = room();
		const forgets: (() => void)[] = [];
		held.hold('7', 7, () => forgets.map((forget) => forget()), 0);
		forgets.push(held.hold('7', 7, waiter('gone'), 0));
		held.hold('7', 7, waiter('b'), 0);
		held.answer(() => 'seven');
		expect([told, held.size]).toEqual([['b: seven'], 0]);
	});

	it('have a limit', () => {
		const { held, waiter } = room();
		const forgets = Array.from({ length: MAX_HELD }, (_, wish) => held.hold(`${wish}`, wish, waiter(''), 0));
		expect(held.full).toBe(true);
		forgets[5]?.();
		expect(held.full).toBe(false);
	});
});
