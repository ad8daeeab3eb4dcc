import { describe, expect, it } from 'vitest';
import { parseRtp, sequenceDistance, timestampDistance } from '../../../../src/media/rtp/rtp.ts';
import type { PresentationFrame, PresentationReader } from '../../../../src/rtsp/server/presentation.ts';
import { StreamRelay } from '../../../../src/rtsp/server/relay/relay.ts';
import { AAC_TRACK, picture, sound } from '../../../fakes/access-units.ts';
import { FakeStream } from '../../../fakes/fake-directory.ts';
import { VIDEO_TRACK } from '../../../fakes/scripted-source.ts';

class Reader implements PresentationReader {
	readonly frames: PresentationFrame[] = [];
	readonly ends: string[] = [];

	onFrame(frame: PresentationFrame): void {
		this.frames.push(frame);
	}

	onEnd(reason: string): void {
		this.ends.push(reason);
	}

	/** The packets of a track. */
	packets(track: number) {
		return this.frames
			.filter((frame) => frame.track === track)
			.flatMap((frame) => frame.packets.map((packet) => parseRtp(packet)));
	}
}

function open(maxPayload = 1440) {
	const stream = new FakeStream('yard/gate', [VIDEO_TRACK, AAC_TRACK]);
	let seed = 0xfffffff0;
	const relay = new StreamRelay({ stream, maxPayload, random32: () => seed++ });
	return { stream, relay };
}

function expectUnbroken(packets: readonly ({ sequence: number; ssrc: number } | undefined)[]): void {
	for (const [index, packet] of packets.entries()) {
		if (index === 0) continue;
		expect(sequenceDistance(packets[index - 1]?.sequence ?? 0, packet?.sequence ?? 0)).toBe(1);
		expect(packet?.ssrc).toBe(packets[0]?.ssrc);
	}
}

describe('StreamRelay', () => {
	it('costs nothing before the first reader and after the last one', () => {
		const { stream, relay } = open();
		expect(stream.readers.size).toBe(0);
		const leave = [relay.subscribe(new Reader()), relay.subscribe(new Reader())];
		expect(stream.readers.size).toBe(1);
		leave[0]?.();
		leave[0]?.();
		expect(stream.readers.size).toBe(1);
		leave[1]?.();
		expect(stream.readers.size).toBe(0);
	});

	it('keeps no seat at a stream whose tracks have become others since it was described', () => {
		const { stream, relay } = open();
		const attach = stream.attach.bind(stream);
		stream.attach = (reader, options) => {
			const detach = attach(reader, options);
			reader.onTracks([VIDEO_TRACK]);
			return detach;
		};
		const reader = new Reader();
		relay.subscribe(reader);
		expect(reader.ends).toEqual(["the camera's tracks changed"]);
		expect(stream.readers.size).toBe(0);
	});

	it('builds the packets of a frame once for all readers', () => {
		const { stream, relay } = open();
		const readers = Array.from({ length: 20 }, () => new Reader());
		for (const reader of readers) relay.subscribe(reader);
		stream.deliver(picture(0, true));
		for (const reader of readers) expect(reader.frames[0]).toBe(readers[0]?.frames[0]);
	});

	it('starts a reader who comes later at the last key frame, in the numbering of all', () => {
		const { stream, relay } = open();
		const first = new Reader();
		relay.subscribe(first);
		for (const [index, key] of [true, false, true, false, false].entries()) stream.deliver(picture(index / 10, key));
		stream.deliver(sound(0.4));
		const second = new Reader();
		relay.subscribe(second);
		stream.deliver(picture(0.5, false));
		expect(second.frames.map((frame) => [frame.track, frame.key])).toEqual([
			[0, true],
			[0, false],
			[0, false],
			[1, false],
			[0, false],
		]);
		expect(second.frames).toEqual(first.frames.slice(2));
		expectUnbroken(second.packets(0));
	});

	it("starts its first reader at the stream's last key frame", () => {
		const { stream, relay } = open();
		stream.deliver(picture(0, true));
		stream.deliver(picture(0.1, false));
		const reader = new Reader();
		relay.subscribe(reader);
		expect(reader.frames.map((frame) => frame.key)).toEqual([true, false]);
	});

	it('goes on with source, numbers and time when the camera comes back', () => {
		const { stream, relay } = open();
		const reader = new Reader();
		relay.subscribe(reader);
		stream.deliver(picture(0, true));
		stream.setTracks([...stream.tracks]);
		stream.deliver(picture(4, true, { epoch: 1 }));
		const packets = reader.packets(0);
		expectUnbroken(packets);
		expect(timestampDistance(packets[0]?.timestamp ?? 0, packets.at(-1)?.timestamp ?? 0)).toBe(4 * 90_000);
		expect(reader.ends).toEqual([]);
	});

	it('begins nobody with what the camera sent before it was away', () => {
		const { stream, relay } = open();
		const stays = new Reader();
		relay.subscribe(stays);
		stream.deliver(picture(0, true));
		stream.away();
		const comes = new Reader();
		relay.subscribe(comes);
		expect(comes.frames).toEqual([]);
		stream.deliver(picture(4, true, { epoch: 1 }));
		expect(comes.frames).toEqual(stays.frames.slice(1));
		expect(comes.frames).toHaveLength(1);
	});

	it('ends its readers when the tracks are others, and is not used again', () => {
		const { stream, relay } = open();
		const reader = new Reader();
		relay.subscribe(reader);
		stream.setTracks([VIDEO_TRACK, { ...AAC_TRACK, channels: 1 }]);
		expect(reader.ends).toEqual(["the camera's tracks changed"]);
		expect(stream.readers.size).toBe(0);
		expect(relay.current).toBe(false);
	});

	it('describes the parameter sets as they are now', () => {
		const { stream, relay } = open();
		const before = relay.sdp;
		const sps = Uint8Array.of(0x67, 0x4d, 0, 31, 1);
		stream.setTracks([{ ...VIDEO_TRACK, parameterSets: { sps, pps: Uint8Array.of(0x68, 1) } }, AAC_TRACK]);
		expect(relay.current).toBe(true);
		expect(relay.sdp).not.toBe(before);
		expect(relay.sdp).toContain(Buffer.from(sps).toString('base64'));
	});

	it('keeps packets to the size it may send', () => {
		const { stream, relay } = open(500);
		const reader = new Reader();
		relay.subscribe(reader);
		const slice = new Uint8Array(10_000).fill(0x65);
		stream.deliver(picture(0, true, { nalus: [slice], size: slice.length }));
		const packets = reader.frames[0]?.packets ?? [];
		expect(packets.length).toBe(21);
		expect(Math.max(...packets.map((packet) => packet.length))).toBe(512);
	});

	it('ends one reader that fails, and no other', () => {
		const { stream, relay } = open();
		const bad = new Reader();
		bad.onFrame = () => {
			throw new Error('broken');
		};
		const good = new Reader();
		relay.subscribe(bad);
		relay.subscribe(good);
		stream.deliver(picture(0, true));
		stream.deliver(picture(0.1, false));
		expect(bad.ends).toEqual(['sending failed']);
		expect(good.frames.length).toBe(2);
	});

	it('ends with the stream', () => {
		const { stream, relay } = open();
		const reader = new Reader();
		relay.subscribe(reader);
		stream.end();
		expect(reader.ends).toEqual(['the stream ended']);
	});

	it('keeps no group of pictures beyond its bounds', () => {
		const { stream, relay } = open();
		relay.subscribe(new Reader());
		stream.deliver(picture(0, true));
		for (let frame = 1; frame <= 2048; frame++) stream.deliver(picture(frame / 25, false));
		const late = new Reader();
		relay.subscribe(late);
		expect(late.frames).toEqual([]);
		stream.deliver(picture(100, true));
		expect(late.frames.length).toBe(1);
	});
});
