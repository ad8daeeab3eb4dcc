import { beforeEach, describe, expect, test } from 'vitest';
import { guideAt, guideUrlOf } from '../../../src/web/player/node-guide.ts';
import { Places, withAvoided } from '../../../src/web/player/places.ts';
import { Whereabouts } from '../../../src/web/player/whereabouts.ts';
import { FakeClock } from './fake-clock.ts';

class FakeSource extends EventTarget {
	readonly url: string;
	readyState = 0;
	closed = false;
	onopen: () => void = () => undefined;
	onerror: () => void = () => undefined;

	constructor(url: string) {
		super();
		this.url = url;
	}

	open(): void {
		this.readyState = 1;
		this.onopen();
	}

	say(type: string, data: unknown = {}): void {
		this.dispatchEvent(Object.assign(new Event(type), { data: JSON.stringify(data) }));
	}

	/** As browsers do: it would try again by itself, unless the answer was final. */
	break(final = false): void {
		this.readyState = final ? 2 : 0;
		this.onerror();
	}

	close(): void {
		this.closed = true;
		this.readyState = 2;
	}
}

let sources: FakeSource[];
let clock: FakeClock;
let heard: unknown[];
let count = 0;

const listener = {
	place: (node: string, mains: readonly string[]) => heard.push(['place', node, ...mains]),
	move: () => heard.push('move'),
	lost: () => heard.push('lost'),
};

function follow(url = `http://sub${count}/api/v1/cluster/guide`) {
	const tools = {
		clock,
		open: (address: string) => {
			const source = new FakeSource(address);
			sources.push(source);
			return source as unknown as EventSource;
		},
	};
	return guideAt(url, tools);
}

function source(index: number): FakeSource {
	const found = sources[index];
	if (!found) throw new Error(`there is no connection ${index}`);
	return found;
}

beforeEach(() => {
	sources = [];
	clock = new FakeClock();
	heard = [];
	count += 1;
});

function opened(index = 0) {
	source(index).open();
	source(index).say('place', { node: 'sub1', mains: ['http://main', 'javascript:alert()'] });
}

describe('the guide of a node', () => {
	test('says where to ask, and when to leave', () => {
		follow().join(listener, '');
		opened();
		source(0).say('move');
		expect(heard).toEqual([['place', 'sub1', 'http://main'], 'move']);
	});

	test('finds out at once that the node is gone', () => {
		follow().join(listener, '');
		opened();
		source(0).break();
		expect(heard).toEqual([['place', 'sub1', 'http://main']]);
		source(1).break();
		expect(heard.at(-1)).toBe('lost');
		expect(clock.pending).toBe(0);
	});

	test('takes a node that does not answer for gone', async () => {
		follow().join(listener, '');
		opened();
		source(0).break();
		await clock.advance(2000);
		expect(heard.at(-1)).toBe('lost');
		expect(source(1).closed).toBe(true);
	});

	test('goes on when only the connection broke', async () => {
		follow().join(listener, '');
		opened();
		source(0).break();
		opened(1);
		await clock.advance(60_000);
		expect(heard).not.toContain('lost');
		source(1).say('move');
		expect(heard.at(-1)).toBe('move');
	});

	test('looks whether the node is there when it is asked to', async () => {
		const guide = follow();
		guide.join(listener, '');
		guide.check();
		expect(sources).toHaveLength(1);
		opened();
		guide.check();
		await clock.advance(2000);
		expect(heard.at(-1)).toBe('lost');
	});

	test('ends in silence where there is no cluster', () => {
		follow().join(listener, '');
		source(0).break(true);
		expect(sources).toHaveLength(1);
		expect(heard).toEqual([]);
	});

	test('is one connection for all players of a page, until the last one leaves', () => {
		const leave = [
			follow('http://shared/guide?jwt=a').join(listener, ''),
			follow('http://shared/guide?jwt=b').join({ ...listener }, ''),
		];
		expect(sources).toHaveLength(1);
		opened();
		expect(heard).toHaveLength(2);
		leave[0]?.();
		expect(source(0).closed).toBe(false);
		leave[1]?.();
		expect(source(0).closed).toBe(true);
		follow('http://shared/guide');
		expect(sources).toHaveLength(2);
	});

	test('ends in silence with the right of who asked, and goes on with that of another player of the page', () => {
		const [one, two] = ['a', 'b'].map((token) => `http://ending${count}/guide?jwt=${token}`) as [string, string];
		const other: unknown[] = [];
		follow(one).join(listener, one);
		follow(two).join({ place() {}, move: () => other.push('move'), lost: () => other.push('lost') }, two);
		opened();
		source(0).say('end', { code: 'token_revoked' });
		source(0).break();
		expect(source(0).closed).toBe(true);
		expect(sources.map(({ url }) => url)).toEqual([one, two]);
		opened(1);
		source(1).say('move');
		expect(heard).toEqual([['place', 'sub1', 'http://main']]);
		expect(other).toEqual(['move']);
		source(1).say('end', { code: 'token_expired' });
		expect(source(1).closed).toBe(true);
		expect(other).toEqual(['move']);
		expect([sources.length, clock.pending]).toEqual([2, 0]);
	});

	test.each([
		['http://sub/whep/sessions/abc?jwt=t', 'http://sub/api/v1/cluster/guide?stream=room%2F5&jwt=t'],
		[
			'https://proxy/sub1/hls/room/5/ll.m3u8?token=t&_HLS_msn=4',
			'https://proxy/sub1/api/v1/cluster/guide?stream=room%2F5&jwt=t',
		],
		['http://sub/hls/room/5/index.m3u8', 'http://sub/api/v1/cluster/guide?stream=room%2F5'],
		['http://other/stream.m3u8', undefined],
	])('of %s is at %s', (served, guide) => {
		expect(guideUrlOf(served, 'room/5')).toBe(guide);
	});
});

describe('whereabouts', () => {
	function player() {
		const moves: string[] = [];
		const open = (address: string) => {
			const source = new FakeSource(address);
			sources.push(source);
			return source as unknown as EventSource;
		};
		const where: Whereabouts = new Whereabouts({
			clock,
			open,
			onLeave: () => moves.push(where.address(where.from(given))),
		});
		const given = `http://main${count}/`;
		where.from(given);
		return { where, moves, given };
	}

	test('follows the node that serves, and asks the main for another one when that is gone', () => {
		const { where, moves, given } = player();
		where.servedBy(`http://sub${count}/whep/sessions/a?jwt=t`, 'cam');
		where.servedBy(`http://sub${count}/whep/sessions/b?jwt=t`, 'cam');
		expect(sources.map(({ url }) => url)).toEqual([`http://sub${count}/api/v1/cluster/guide?stream=cam&jwt=t`]);
		opened();
		source(0).break();
		source(1).break();
		expect(moves).toEqual([`${given}?avoid=sub1`]);
	});

	test('leaves one node for the other, and the last one in the end', () => {
		const { where } = player();
		where.servedBy(`http://one${count}/hls/cam/index.m3u8`, 'cam');
		where.servedBy(`http://two${count}/hls/cam/index.m3u8`, 'cam');
		expect(sources.map(({ closed }) => closed)).toEqual([true, false]);
		where.leave();
		expect(sources.map(({ closed }) => closed)).toEqual([true, true]);
	});

	test('begins anew with another gateway', () => {
		const { where } = player();
		where.servedBy(`http://one${count}/hls/cam/index.m3u8`, 'cam');
		opened();
		where.unreachable();
		expect(where.from('http://other/')).toBe('http://other/');
		expect(source(0).closed).toBe(true);
		where.unreachable();
		expect(where.from('http://other/')).toBe('http://other/');
	});
});

describe('places', () => {
	test('asks the gateway it was given, and the mains when that one does not answer', () => {
		const places = new Places('http://main1/', clock);
		places.learn(['http://main1', 'http://main2']);
		expect(places.base).toBe('http://main1/');
		places.next();
		expect(places.base).toBe('http://main2');
		places.next();
		expect(places.base).toBe('http://main1/');
	});

	test('does not ask a node that it leaves', () => {
		const places = new Places('http://sub1/', clock);
		places.learn(['http://main1']);
		places.leave('sub1', 'http://sub1/api/v1/cluster/guide');
		expect(places.base).toBe('http://main1');
		expect(withAvoided('http://main1/whep/cam?jwt=t', places.avoided)).toBe('http://main1/whep/cam?jwt=t&avoid=sub1');
	});

	test('may come back after a while', async () => {
		const places = new Places('http://main1/', clock);
		places.leave('sub1', 'http://sub1/');
		expect(places.avoided).toEqual(['sub1']);
		await clock.advance(15_000);
		expect(places.avoided).toEqual([]);
		expect(withAvoided('http://main1/whep/cam', places.avoided)).toBe('http://main1/whep/cam');
	});

	test('has others to ask beside it in a cluster, itself in the end', () => {
		const places = new Places('http://main1/', clock);
		expect(places.others).toEqual([]);
		places.learn(['http://main1', 'http://main2']);
		expect([places.base, ...places.others]).toEqual(['http://main1/', 'http://main2', 'http://main1/']);
		places.next();
		expect([places.base, ...places.others]).toEqual(['http://main2', 'http://main1/', 'http://main2']);
	});

	test('stays where it is when it knows no other place', () => {
		const places = new Places('http://only/', clock);
		places.leave('only', 'http://only/');
		places.next();
		expect(places.base).toBe('http://only/');
	});
});
