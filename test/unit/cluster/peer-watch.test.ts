import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { ClusterNode } from '../../../src/cluster/cluster.ts';
import { GoneNodes } from '../../../src/cluster/gone-nodes.ts';
import { type Peer, PeerWatch, peersOf } from '../../../src/cluster/peer-watch.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

class FakeSocket extends EventEmitter {
	destroyed = false;
	unref(): void {}
	resume(): void {}
	destroy(): void {
		this.destroyed = true;
		this.emit('close');
	}

	fail(code: string): void {
		this.emit('error', Object.assign(new Error(code), { code }));
		this.emit('close');
	}
}

const A: Peer = { id: 'a', host: '10.0.0.1', port: 8556 };

function scene() {
	const clock = new VirtualClock();
	const sockets: FakeSocket[] = [];
	const gone: string[] = [];
	const open = () => {
		const socket = new FakeSocket();
		sockets.push(socket);
		return socket as unknown as Socket;
	};
	const watch = new PeerWatch({ clock, open, onGone: (id) => gone.push(id) });
	watch.update([A]);
	const last = () => sockets.at(-1) as FakeSocket;
	return { clock, sockets, gone, watch, last };
}

describe('watching a peer', () => {
	it('tells of one whose port refuses after it was reached, once', async () => {
		const { clock, gone, last } = scene();
		last().emit('connect');
		last().emit('close');
		expect(gone).toEqual([]);
		await clock.advance(50);
		last().fail('ECONNREFUSED');
		expect(gone).toEqual(['a']);
		await clock.advance(2_000);
		last().fail('ECONNREFUSED');
		expect(gone).toEqual(['a']);
	});

	it('thinks nothing of a connection that is cut and can be made again', async () => {
		const { clock, gone, last, sockets } = scene();
		for (let i = 0; i < 5; i++) {
			last().emit('connect');
			last().emit('close');
			await clock.advance(50);
		}
		expect(sockets).toHaveLength(6);
		expect(gone).toEqual([]);
	});

	it.each(['ETIMEDOUT', 'EHOSTUNREACH', 'ENOTFOUND'])('does not take %s for the end of the process', async (code) => {
		const { clock, gone, last } = scene();
		last().emit('connect');
		last().fail('ECONNRESET');
		await clock.advance(50);
		last().fail(code);
		expect(gone).toEqual([]);
	});

	it('says nothing of a port that never answered', async () => {
		const { gone, last } = scene();
		last().fail('ECONNREFUSED');
		expect(gone).toEqual([]);
	});

	it('lets go of peers that are not to be watched any more', async () => {
		const { clock, gone, last, sockets, watch } = scene();
		last().emit('connect');
		watch.update([]);
		expect(last().destroyed).toBe(true);
		await clock.advance(5_000);
		expect(sockets).toHaveLength(1);
		expect(gone).toEqual([]);
	});
});

describe('peers', () => {
	const node = (id: string, changes: Partial<ClusterNode>) => ({ id, ...changes }) as ClusterNode;

	it('are mains where subs pull, and subs where viewers come', () => {
		const nodes = [
			node('self', { role: 'main', http: 'http://10.0.0.9', rtsp: 'rtsp://10.0.0.9:8556' }),
			node('main', { role: 'main', http: 'https://proxy', rtsp: 'rtsp://[fd00::1]:8556' }),
			node('mute', { role: 'main', http: 'https://proxy', rtsp: undefined }),
			node('sub', { role: 'sub', http: 'https://sub.example.org', rtsp: 'rtsp://10.0.0.2:8554' }),
		];
		expect(peersOf(nodes, 'self')).toEqual([
			{ id: 'main', host: 'fd00::1', port: 8556 },
			{ id: 'sub', host: 'sub.example.org', port: 443 },
		]);
	});
});

describe('nodes that are gone', () => {
	const node = (seenAt: number) => ({ id: 'a', seenAt }) as ClusterNode;

	it('are back with the first heartbeat after the news', () => {
		const nodes = new GoneNodes();
		nodes.add('a');
		// Its last heartbeat may be younger than the table that was known when the news came.
		nodes.settle(nodes.mark(), [node(7)]);
		expect(nodes.ids).toEqual(['a']);
		nodes.settle(nodes.mark(), [node(7)]);
		expect(nodes.ids).toEqual(['a']);
		nodes.settle(nodes.mark(), [node(8)]);
		expect(nodes.ids).toEqual([]);
	});

	it('are back also when the clock of Redis moved back', () => {
		const nodes = new GoneNodes();
		nodes.add('a');
		nodes.settle(nodes.mark(), [node(7)]);
		nodes.settle(nodes.mark(), [node(3)]);
		expect(nodes.ids).toEqual([]);
	});

	it('are judged by tables that were asked for after the news alone', () => {
		const nodes = new GoneNodes();
		const asked = nodes.mark();
		nodes.add('a');
		nodes.settle(asked, [node(6)]);
		nodes.settle(nodes.mark(), [node(7)]);
		expect(nodes.ids).toEqual(['a']);
	});

	it('are forgotten when their record has run out', () => {
		const nodes = new GoneNodes();
		nodes.add('a');
		nodes.settle(nodes.mark(), []);
		expect(nodes.ids).toEqual([]);
	});
});
