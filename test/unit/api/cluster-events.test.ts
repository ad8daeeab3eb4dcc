import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import express, { type Response } from 'express';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ClusterEvents } from '../../../src/api/cluster/events.ts';
import type { ClusterInfo } from '../../../src/api/cluster/port.ts';
import { overHttp2 } from '../../../src/api/over-http2.ts';
import { CLUSTER_NODE } from './fake-ports.ts';

const MINUTE_MS = 60_000;
/** Longer than what connections hold of what nobody reads. */
const LONG = 'x'.repeat(20_000_000);

/** Have a page ask, which reads nothing of the answer. */
const PAGES = {
	'HTTP/1.1': (port: number) => {
		const socket = connect(port, '127.0.0.1').pause();
		socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
		return () => void socket.destroy();
	},
	'HTTP/2': (port: number) => {
		const session = connectHttp2(`http://127.0.0.1:${port}`).on('error', () => {});
		session
			.request({ ':path': '/' })
			.on('error', () => {})
			.pause();
		return () => session.destroy();
	},
};

async function unreadEvents(version: keyof typeof PAGES, node: string) {
	const listeners = new Set<() => void>();
	const info: ClusterInfo = { role: 'main', connected: true, nodes: [{ ...CLUSTER_NODE, id: node }] };
	const events = new ClusterEvents({
		info: () => info,
		drain: async () => {},
		onChange(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
	});
	const app = express();
	const answered = new Promise<Response>((resolve) => {
		app.get('/', (_request, response) => {
			vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
			onTestFinished(() => void vi.useRealTimers());
			events.send(response);
			resolve(response);
		});
	});
	const server = version === 'HTTP/2' ? createHttp2Server() : createServer();
	server.on('request', overHttp2(app) as never);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const leave = PAGES[version]((server.address() as AddressInfo).port);
	onTestFinished(() => {
		leave();
		server.close();
	});
	return { response: await answered, listeners };
}

describe.each(['HTTP/1.1', 'HTTP/2'] as const)('events of the cluster over %s', (version) => {
	it('are fewer for a page that does not read them', async () => {
		const { response, listeners } = await unreadEvents(version, LONG);
		const kept = response.writableLength;
		for (const listener of listeners) listener();
		await vi.advanceTimersByTimeAsync(MINUTE_MS);
		expect(response.writableLength).toBeLessThanOrEqual(kept);
	});

	it('end with the right to see them, though what was said before is still on its way', async () => {
		const { response, listeners } = await unreadEvents(version, LONG);
		const faults: unknown[] = [];
		response.on('error', (error) => faults.push(error));
		response.end();
		for (const listener of listeners) listener();
		await vi.advanceTimersByTimeAsync(MINUTE_MS);
		await new Promise((resolve) => setImmediate(resolve));
		expect(faults).toEqual([]);
	});

	it('are told in between that the connection lives', async () => {
		const { response } = await unreadEvents(version, 'sub-1');
		const write = vi.spyOn(response, 'write');
		await vi.advanceTimersByTimeAsync(MINUTE_MS);
		expect(write).toHaveBeenCalledWith(':\n\n');
	});
});

/** A page, and what it was told. */
function page() {
	const said: string[] = [];
	const response = Object.assign(new EventEmitter(), {
		...{ writableLength: 0, writableHighWaterMark: 1, writableEnded: false },
		status: () => response,
		setHeader: () => response,
		write: (text: string) => said.push(text),
	});
	return { said, response: response as unknown as Response, leave: () => response.emit('close') };
}

describe('pages that watch the cluster', () => {
	function scene() {
		const listeners = new Set<() => void>();
		const events = new ClusterEvents({
			info: () => ({ role: 'main', connected: true, nodes: [] }),
			drain: async () => {},
			onChange(listener) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
		});
		return { events, listeners };
	}

	it('go on being told when another one leaves; nothing is listened to for nobody', () => {
		vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
		onTestFinished(() => void vi.useRealTimers());
		const { events, listeners } = scene();
		const [one, other] = [page(), page()];
		for (const { response } of [one, other]) events.send(response);
		expect(listeners.size).toBe(1);
		one.leave();
		for (const listener of listeners) listener();
		expect([one.said.length, other.said.length]).toEqual([1, 2]);
		other.leave();
		expect(listeners.size).toBe(0);
		const next = page();
		events.send(next.response);
		for (const listener of listeners) listener();
		expect(next.said).toHaveLength(2);
		next.leave();
		expect(vi.getTimerCount()).toBe(0);
	});

	it('are 200; a place is free again when one leaves', () => {
		const { events } = scene();
		const pages = Array.from({ length: 200 }, page);
		for (const { response } of pages) events.send(response);
		const late = page();
		expect(() => events.send(late.response)).toThrow('200 pages watch the cluster here');
		expect(late.said).toEqual([]);
		pages.pop()?.leave();
		events.send(late.response);
		for (const { leave } of [...pages, late]) leave();
	});
});
