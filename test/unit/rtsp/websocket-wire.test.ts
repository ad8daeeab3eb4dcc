import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { CLIENT_LIMITS } from '../../../src/rtsp/client/limits.ts';
import { WebSocketWire } from '../../../src/rtsp/client/wire/websocket-wire.ts';

const PING = Buffer.concat([Uint8Array.of(0x89, 125), new Uint8Array(125)]);
/** Mask and header come on top. */
const PONG_BYTES = 125 + 6;

/** The wire of a camera whose socket takes what `take` lets through. */
function open(take: (done: () => void) => void): { wire: WebSocketWire; socket: Duplex } {
	const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => take(done) });
	const wire = new WebSocketWire(socket as Socket, () => 0.5);
	wire.start({ onBytes() {}, onEnd() {} });
	return { wire, socket };
}

async function receive(socket: Duplex, bytes: Uint8Array): Promise<void> {
	const read = once(socket, 'data');
	socket.push(bytes);
	await read;
}

describe('WebSocketWire', () => {
	it('keeps a bounded number of answers to pings for a camera that does not read', async () => {
		const { wire, socket } = open(() => {});
		const pings = Buffer.concat(new Array<Buffer>(2000).fill(PING));
		await receive(socket, pings);
		expect(wire.waiting).toBeGreaterThan(CLIENT_LIMITS.waitingBytes);
		expect(wire.waiting).toBeLessThanOrEqual(CLIENT_LIMITS.waitingBytes + PONG_BYTES);
	});

	it('answers pings again once the camera reads', async () => {
		let letThrough = () => {};
		const { wire, socket } = open((done) => {
			letThrough = done;
		});
		await receive(socket, Buffer.concat(new Array<Buffer>(2000).fill(PING)));
		while (wire.waiting > 0) {
			letThrough();
			await new Promise((resolve) => setImmediate(resolve));
		}
		await receive(socket, PING);
		expect(wire.waiting).toBe(PONG_BYTES);
	});
});
