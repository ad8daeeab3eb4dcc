import { describe, expect, it } from 'vitest';
import { RtspSplitter } from '../../../../src/rtsp/framing.ts';
import {
	InterleavedOutlet,
	InterleavedWriter,
	interleave,
} from '../../../../src/rtsp/server/outlets/interleaved-outlet.ts';
import type { PresentationFrame } from '../../../../src/rtsp/server/presentation.ts';
import { frameOf } from './fake-presentation.ts';

class FakeSocket {
	writable = true;
	writableLength = 0;
	readonly calls: (string | Uint8Array)[] = [];

	cork(): void {
		this.calls.push('cork');
	}

	uncork(): void {
		this.calls.push('uncork');
	}

	write(bytes: Uint8Array): boolean {
		this.calls.push(bytes);
		return true;
	}
}

function framed(track: number, mark: number): PresentationFrame & { interleaved: Uint8Array } {
	const frame = frameOf(track, mark, true);
	return { ...frame, interleaved: interleave(2 * track, frame.packets) };
}

it('frames packets as a client splits them', () => {
	const packets = [Uint8Array.of(0x80, 96, 0, 1, 9, 9, 9, 9), new Uint8Array(1400).fill(0x80)];
	const frames: { channel: number; payload: Uint8Array }[] = [];
	const splitter = new RtspSplitter({
		onMessage() {},
		onFrame: (channel, payload) => frames.push({ channel, payload: Uint8Array.from(payload) }),
	});
	splitter.push(interleave(4, packets));
	expect(frames).toEqual(packets.map((payload) => ({ channel: 4, payload: Uint8Array.from(payload) })));
});

describe('InterleavedOutlet', () => {
	it('gives every client the same bytes, and one system call a turn', async () => {
		const sockets = [new FakeSocket(), new FakeSocket()];
		const frames = [framed(0, 1), framed(1, 2), framed(0, 3)];
		for (const socket of sockets) {
			const writer = new InterleavedWriter(socket);
			const outlets = [0, 1].map((track) => new InterleavedOutlet(writer, [2 * track, 2 * track + 1], () => {}));
			for (const frame of frames) outlets[frame.track]?.send(frame);
		}
		await Promise.resolve();
		for (const { calls } of sockets) {
			expect(calls.map((call) => (typeof call === 'string' ? call : 'write'))).toEqual([
				'cork',
				'write',
				'write',
				'write',
				'uncork',
			]);
			for (const [index, frame] of frames.entries()) expect(calls[index + 1]).toBe(frame.interleaved);
		}
	});

	it('writes the channels that another client asked for', async () => {
		const socket = new FakeSocket();
		const frame = framed(0, 1);
		new InterleavedOutlet(new InterleavedWriter(socket), [10, 11], () => {}).send(frame);
		expect(socket.calls[1]).toEqual(interleave(10, frame.packets));
	});

	it('writes nothing to a socket that is gone', () => {
		const socket = new FakeSocket();
		socket.writable = false;
		new InterleavedOutlet(new InterleavedWriter(socket), [0, 1], () => {}).send(framed(0, 1));
		expect(socket.calls).toEqual([]);
	});
});
