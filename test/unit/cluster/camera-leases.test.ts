import { describe, expect, it } from 'vitest';
import { CameraLeases } from '../../../src/cluster/camera-leases.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const TTL = 3_000;

function leased(fence = '7') {
	const clock = new VirtualClock();
	const leases = new CameraLeases(clock, TTL);
	leases.answered(leases.requests(['yard'], []), [fence], clock.now());
	return { clock, leases };
}

describe('the leases of cameras', () => {
	it('end before Redis gives them to another, when they are not renewed', async () => {
		const { clock, leases } = leased();
		expect(leases.fence('yard')).toBe(7);
		await clock.advance(TTL * 0.85);
		expect(leases.fence('yard')).toBe(7);
		await clock.advance(TTL * 0.1);
		expect(leases.fence('yard')).toBeUndefined();
		expect(leases.cameras()).toEqual([]);
	});

	it('are counted from the question, however late the answer comes', async () => {
		const clock = new VirtualClock();
		const leases = new CameraLeases(clock, TTL);
		const requests = leases.requests(['yard'], []);
		const asked = clock.now();
		await clock.advance(TTL);
		leases.answered(requests, ['7'], asked);
		expect(leases.fence('yard')).toBeUndefined();
	});

	it('stay while Redis is away, since nobody else can get them', async () => {
		const { clock, leases } = leased();
		await clock.advance(TTL / 2);
		leases.keep();
		await clock.advance(10 * TTL);
		expect(leases.fence('yard')).toBe(7);
		expect(leases.nextEnd).toBeUndefined();
	});

	it('do not come back by Redis going away after they ended', async () => {
		const { clock, leases } = leased();
		await clock.advance(TTL);
		leases.keep();
		expect(leases.fence('yard')).toBeUndefined();
	});

	it('are asked for with the fence that is known, until another has them', () => {
		const { clock, leases } = leased();
		expect(leases.requests([], [])).toEqual([['yard', 7, 1]]);
		leases.answered(leases.requests([], []), ['0'], clock.now());
		expect(leases.fence('yard')).toBeUndefined();
		expect(leases.requests(['yard'], [])).toEqual([['yard', 0, 1]]);
	});

	it('are not used any more from the moment they are given away', () => {
		const { leases } = leased();
		leases.drop('yard');
		expect(leases.fence('yard')).toBeUndefined();
		expect(leases.requests([], ['yard'])).toEqual([['yard', 7, 0]]);
	});

	it('end when they are given away while Redis is away, too', () => {
		const { leases } = leased();
		leases.keep();
		leases.drop('yard');
		expect(leases.fence('yard')).toBeUndefined();
		leases.keep();
		expect(leases.fence('yard')).toBeUndefined();
	});

	it('are as they were after an answer to something else', () => {
		const { clock, leases } = leased();
		for (const answer of [[], ['8', '9'], ['x'], 'OK', null]) {
			expect(() => leases.answered(leases.requests([], []), answer, clock.now())).toThrow();
		}
		expect(leases.fence('yard')).toBe(7);
	});
});
