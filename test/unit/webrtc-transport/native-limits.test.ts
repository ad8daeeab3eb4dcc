import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import * as limits from '../../../src/webrtc/transport/limits.ts';

it('caps that both transports have are the same', () => {
	const text = readFileSync('native/core/limits.h', 'utf8');
	const native = new Map(
		[...text.matchAll(/constexpr \w+ (\w+) = ([\d' *]+);/g)].map(([, name = '', value = '']) => {
			const factors = value.replaceAll("'", '').split('*').map(Number);
			return [name, factors.reduce((product, factor) => product * factor, 1)];
		}),
	);
	const shared = Object.entries(limits).filter(([name]) => native.has(name));
	expect(shared.length).toBeGreaterThan(10);
	expect(Object.fromEntries(shared.map(([name]) => [name, native.get(name)]))).toEqual(Object.fromEntries(shared));
});
