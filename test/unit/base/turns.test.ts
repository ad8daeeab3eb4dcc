import { expect, it } from 'vitest';
import { Turns } from '../../../src/base/turns.ts';

it('turns of the event loop are given one each, in order, with others in between', async () => {
	const turns = new Turns();
	const order: string[] = [];
	let done = false;
	const other = (): void => {
		order.push('-');
		if (!done) setImmediate(other);
	};
	const all = Promise.all(['a', 'b', 'c'].map((name) => turns.next().then(() => order.push(name))));
	setImmediate(other);
	await all;
	done = true;
	expect(order.filter((each) => each !== '-')).toEqual(['a', 'b', 'c']);
	expect(order.join('')).toMatch(/^-*a-+b-+c/);
	await turns.next();
});
