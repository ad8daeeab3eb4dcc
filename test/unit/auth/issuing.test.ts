import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../src/auth/grant.ts';
import { Issuing, type TokenApplication } from '../../../src/auth/issuing.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const grant = (changes: Partial<Grant>): Grant => ({
	...{ subject: 'tom', role: 'teacher', actions: ['read'], streams: ['room/5/*'], node: undefined, tokenId: undefined },
	...{ claimed: ['class:5b'], issuedAt: 0, expiresAt: 0, ...changes },
});

function scene(open = false) {
	const clock = new VirtualClock();
	const rules = {
		open,
		apiKeys: ['key of the school'],
		classCodes: { 'BLUE-4711': '5b' },
		classes: { '5b': ['room/5/*', 'yard'] },
		lifetime: 3600,
	};
	const issuing = new Issuing(rules, clock);
	const decide = (changes: Partial<TokenApplication>) =>
		issuing.decide({
			...{ subject: 'ann', role: 'student', action: 'read', stream: undefined, caller: '192.0.2.1' },
			...{ apiKey: undefined, classCode: undefined, grant: undefined, ...changes },
		});
	return { decide, clock };
}

const code = (error: string) => expect.objectContaining({ code: error });

describe('Issuing', () => {
	it('asks for a right to ask', () => {
		expect(() => scene().decide({})).toThrow(code('token_missing'));
	});

	it('gives whoever brings the API key anything', () => {
		const { decide } = scene();
		const apiKey = 'key of the school';
		expect(decide({ apiKey })).toEqual({
			subject: 'ann',
			role: 'student',
			actions: ['read'],
			streams: ['*'],
			lifetime: 3600,
		});
		expect(decide({ apiKey, role: 'admin', action: 'admin', stream: 'yard' })).toMatchObject({
			actions: ['admin'],
			streams: ['yard'],
		});
		for (const wrong of ['key of the schoo', 'key of the school ', '']) {
			expect(() => decide({ apiKey: wrong })).toThrow(code('forbidden'));
		}
	});

	it("gives a student with the class's code its streams, to read", () => {
		const { decide } = scene();
		const classCode = 'BLUE-4711';
		expect(decide({ classCode }).streams).toEqual(['class:5b']);
		expect(decide({ classCode, stream: 'room/5/front' }).streams).toEqual(['room/5/front']);
		for (const more of [{ stream: 'staff' }, { action: 'publish' }, { role: 'teacher' }, { role: 'admin' }] as const) {
			expect(() => decide({ classCode, ...more })).toThrow(code('forbidden'));
		}
		expect(() => decide({ classCode: 'blue-4711' })).toThrow(code('forbidden'));
		expect(() => decide({ classCode: '__proto__' })).toThrow(code('forbidden'));
	});

	it('lets a teacher give students what the teacher may read', () => {
		const { decide } = scene();
		const teacher = grant({});
		expect(decide({ grant: teacher }).streams).toEqual(['class:5b']);
		expect(decide({ grant: teacher, stream: 'room/5/front' }).streams).toEqual(['room/5/front']);
		for (const more of [{ stream: 'yard' }, { stream: '*' }, { role: 'teacher' }, { action: 'admin' }] as const) {
			expect(() => decide({ grant: teacher, ...more })).toThrow(code('forbidden'));
		}
		expect(() => decide({ grant: grant({ role: 'student' }) })).toThrow(code('forbidden'));
		expect(() => decide({ grant: grant({ actions: ['publish'] }) })).toThrow(code('forbidden'));
	});

	it('lets an admin give anything', () => {
		const admin = grant({ role: 'admin', actions: ['admin'], streams: [] });
		expect(scene().decide({ grant: admin, role: 'teacher', action: 'publish' })).toMatchObject({
			actions: ['publish'],
			streams: ['*'],
		});
	});

	it('gives anyone the right to read when it is open, and nothing more', () => {
		const { decide } = scene(true);
		expect(decide({ stream: 'yard' })).toMatchObject({ role: 'student', actions: ['read'], streams: ['yard'] });
		for (const more of [{ action: 'admin' }, { action: 'publish' }, { role: 'admin' }] as const) {
			expect(() => decide(more)).toThrow(code('forbidden'));
		}
	});

	it('gives a school as many tokens as it has students, from one address', () => {
		const { decide } = scene();
		for (let index = 0; index < 500; index++) {
			decide({ apiKey: 'key of the school' });
			decide({ classCode: 'BLUE-4711' });
		}
	});

	it.each(['classCode', 'apiKey'] as const)(
		'S6: slows down guessing a %s from one address, not others',
		async (kind) => {
			const { decide, clock } = scene();
			for (let index = 0; index < 60; index++) {
				expect(() => decide({ [kind]: `guess ${index}` })).toThrow(code('forbidden'));
			}
			expect(() => decide({ classCode: 'BLUE-4711' })).toThrow(code('rate_limited'));
			expect(() => decide({ apiKey: 'key of the school' })).toThrow(code('rate_limited'));
			expect(decide({ classCode: 'BLUE-4711', caller: '192.0.2.2' }).streams).toEqual(['class:5b']);
			await clock.advance(2000);
			expect(decide({ classCode: 'BLUE-4711' }).streams).toEqual(['class:5b']);
		},
	);

	it('S6: counts a wrong code or key once, however many in the class type what stands on the board', () => {
		const { decide } = scene();
		for (let index = 0; index < 100; index++) {
			expect(() => decide({ classCode: 'BLUE-4117' })).toThrow(code('forbidden'));
			expect(() => decide({ apiKey: 'old key' })).toThrow(code('forbidden'));
		}
		expect(decide({ classCode: 'BLUE-4711' }).streams).toEqual(['class:5b']);
	});

	it('S6: takes the addresses of an IPv6 network for one', () => {
		const { decide } = scene();
		for (let index = 0; index < 60; index++) {
			const caller = `2001:db8:0:0:${index}::1`;
			expect(() => decide({ classCode: `guess ${index}`, caller })).toThrow(code('forbidden'));
		}
		expect(() => decide({ classCode: 'BLUE-4711', caller: '2001:db8::9' })).toThrow(code('rate_limited'));
		expect(decide({ classCode: 'BLUE-4711', caller: '2001:db8:0:1::9' }).streams).toEqual(['class:5b']);
	});
});
