import { describe, expect, it, vi } from 'vitest';
import type { Grant } from '../../../src/auth/grant.ts';
import { MAX_REVOCATIONS } from '../../../src/auth/limits.ts';
import { Revocations } from '../../../src/auth/revocations.ts';
import { SessionWatch } from '../../../src/auth/session-watch.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

/** Clocks of issuers may differ by so much. */
const TOLERANCE_MS = 30_000;

function scene() {
	const clock = new VirtualClock();
	const revocations = new Revocations(() => clock.wall());
	const watch = new SessionWatch(clock, revocations);
	const ended: string[] = [];
	const grant = (subject: string, tokenId: string, lifetime = 60_000): Grant => ({
		...{ subject, tokenId, role: 'student', actions: ['read'], streams: ['*'], claimed: ['*'], node: undefined },
		...{ issuedAt: clock.wall(), expiresAt: clock.wall() + lifetime },
	});
	const start = (subject: string, tokenId: string, lifetime?: number) =>
		watch.add(grant(subject, tokenId, lifetime), (reason) => ended.push(`${tokenId} ${reason}`));
	return { clock, revocations, watch, ended, start, grant };
}

describe('SessionWatch', () => {
	it('ends a session when its token has expired by any clock, and not one that has left', async () => {
		const { clock, start, ended } = scene();
		start('ann', 'a');
		start('bob', 'b')();
		await clock.advance(60_000 + TOLERANCE_MS - 1);
		expect(ended).toEqual([]);
		await clock.advance(1);
		expect(ended).toEqual(['a token_expired']);
	});

	it('ends the sessions of a revoked token and of a revoked subject, once', async () => {
		const { clock, revocations, start, ended } = scene();
		start('ann', 'a');
		start('bob', 'b');
		start('bob', 'c');
		start('cid', 'd');
		revocations.add({ tokenId: 'a', until: clock.wall() + 60_000 });
		revocations.add({ subject: 'bob', at: clock.wall(), until: clock.wall() + 60_000 });
		expect(ended).toEqual(['a token_revoked', 'b token_revoked', 'c token_revoked']);
		await clock.advance(60_000 + TOLERANCE_MS);
		expect(ended.slice(3)).toEqual(['d token_expired']);
	});

	it('ends at once what begins after its token was revoked or has expired', async () => {
		const { clock, revocations, watch, grant, ended } = scene();
		const begin = (late: Grant) => watch.add(late, (reason) => ended.push(`${late.tokenId} ${reason}`));
		const grants = ['a', 'b', 'c'].map((tokenId) => grant(`user of ${tokenId}`, tokenId));
		revocations.add({ tokenId: 'a', until: clock.wall() + 60_000 });
		revocations.add({ subject: 'user of b', at: clock.wall(), until: clock.wall() + 60_000 });
		for (const each of grants) begin(each)();
		expect(ended).toEqual(['a token_revoked', 'b token_revoked']);
		await clock.advance(60_000 + TOLERANCE_MS - 1);
		const leave = begin(grant('cid', 'd', -TOLERANCE_MS + 1));
		begin(grant('cid', 'e', -TOLERANCE_MS));
		expect(ended.slice(2)).toEqual(['e token_expired']);
		leave();
		await clock.advance(60_000);
		expect(ended).toHaveLength(3);
	});

	it('says of a token what it would do to its session', async () => {
		const { clock, revocations, watch, grant } = scene();
		const [ann, bob] = [grant('ann', 'a'), grant('bob', 'b')];
		expect(() => watch.check(ann)).not.toThrow();
		revocations.add({ tokenId: 'b', until: clock.wall() + 60_000 });
		expect(() => watch.check(bob)).toThrow(expect.objectContaining({ code: 'token_revoked' }));
		await clock.advance(60_000 + TOLERANCE_MS - 1);
		expect(() => watch.check(ann)).not.toThrow();
		await clock.advance(1);
		expect(() => watch.check(ann)).toThrow(expect.objectContaining({ code: 'token_expired' }));
	});

	it('ends a session in time whose token lives longer than a timer can', async () => {
		const { clock, start, ended } = scene();
		const timers = vi.spyOn(clock, 'after');
		start('ann', 'a', 2 ** 32);
		await clock.advance(2 ** 32 + TOLERANCE_MS - 1);
		expect(ended).toEqual([]);
		await clock.advance(1);
		expect(ended).toEqual(['a token_expired']);
		// A longer one is over at once.
		for (const [delay] of timers.mock.calls) expect(delay).toBeLessThan(2 ** 31);
	});

	it('ends nothing after it is closed', () => {
		const { clock, revocations, watch, start, ended } = scene();
		start('ann', 'a');
		watch.close();
		revocations.add({ tokenId: 'a', until: clock.wall() + 1 });
		expect(ended).toEqual([]);
	});
});

describe('Revocations', () => {
	it('concern tokens issued up to the moment, not later ones', async () => {
		const { clock, revocations, grant } = scene();
		const before = grant('ann', 'a');
		revocations.add({ subject: 'ann', at: clock.wall(), until: clock.wall() + 60_000 });
		await clock.advance(1);
		expect(revocations.concerns(before)).toBe(true);
		expect(revocations.concerns(grant('ann', 'b'))).toBe(false);
		expect(revocations.concerns(grant('bob', 'c'))).toBe(false);
	});

	it('do not shorten what an earlier one said', () => {
		const { clock, revocations, grant } = scene();
		revocations.add({ subject: 'ann', at: clock.wall() + 10, until: clock.wall() + 60_000 });
		revocations.add({ subject: 'ann', at: clock.wall() - 10, until: clock.wall() + 1 });
		expect(revocations.concerns(grant('ann', 'a'))).toBe(true);
		const [left] = revocations.all();
		expect(left).toEqual({ subject: 'ann', at: clock.wall() + 10, until: clock.wall() + 60_000 });
	});

	it('are told to others as long as they matter, the one that ends last at the end', async () => {
		const { clock, revocations } = scene();
		const until = (after: number) => ({ until: clock.wall() + after });
		const [long, short, subject] = [until(60_000), until(10), until(1000)];
		revocations.add({ tokenId: 'long', ...long });
		revocations.add({ tokenId: 'short', ...short });
		revocations.add({ subject: 'ann', at: 0, ...subject });
		await clock.advance(10);
		expect(revocations.all()).toEqual([
			{ subject: 'ann', at: 0, ...subject },
			{ tokenId: 'long', ...long },
		]);
	});

	it('are forgotten when no token they concern can be valid, and the oldest when there are too many', async () => {
		const { clock, revocations, grant } = scene();
		revocations.add({ tokenId: 'old', until: clock.wall() + 10 });
		await clock.advance(20);
		revocations.add({ tokenId: 'first', until: clock.wall() + 60_000 });
		expect(revocations.concerns(grant('ann', 'old'))).toBe(false);
		for (let index = 0; index < MAX_REVOCATIONS; index++) {
			revocations.add({ tokenId: `t${index}`, until: clock.wall() + 60_000 });
		}
		expect(revocations.concerns(grant('ann', 'first'))).toBe(false);
		expect(revocations.concerns(grant('ann', 't0'))).toBe(true);
		for (let index = 0; index <= MAX_REVOCATIONS; index++) {
			revocations.add({ subject: `s${index}`, at: clock.wall(), until: clock.wall() + 60_000 });
		}
		expect(revocations.concerns(grant('s0', 'x'))).toBe(false);
		expect(revocations.concerns(grant('s1', 'x'))).toBe(true);
	});
});
