import { randomBytes as randomBytesOf } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { RtpPacket } from 'werift';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { readUint16 } from '../../../src/media/bytes/big-endian.ts';
import { unixFromNtp } from '../../../src/media/rtp/ntp.ts';
import { parseRtcp } from '../../../src/media/rtp/rtcp.ts';
import { createTypescriptTransport } from '../../../src/webrtc/transport/typescript-transport.ts';
import { createWebRtcServer } from '../../../src/webrtc/webrtc-server.ts';
import { EncryptingTransport } from '../../fakes/encrypting-transport.ts';
import { FakeDirectory } from '../../fakes/fake-directory.ts';
import { MARKS, picture } from '../../fakes/fake-pictures.ts';
import { nack, receiverReport } from '../../fakes/feedback.ts';
import { recordedOffer } from '../../fakes/offers.ts';
import { h264Track } from '../../fakes/sample-tracks.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

const TRACK = h264Track(66, 0xc0);
const FRAME_MS = 80;
const OFFER = recordedOffer('chromium');
const TIMEOUT = 180_000;

/** A server whose numbers start where they soon wrap. */
function startServer(transport: EncryptingTransport) {
	const clock = new VirtualClock();
	const directory = new FakeDirectory();
	const stream = directory.add('camera', [TRACK]);
	const randomBytes = (size: number) => randomBytesOf(size).fill(0xff, 0, size === 4 ? 1 : 0);
	const logger = silentLogger;
	const server = createWebRtcServer({ directory, transport, clock, logger, randomBytes, maxSessions: 100 });
	const join = async () => {
		const { sessionId, answer } = await server.create('camera', OFFER, new AbortController().signal);
		const peer = [...transport.peers].at(-1);
		peer?.secure();
		const [, ssrc = 0, rtxSsrc = 0] = (/FID (\d+) (\d+)/.exec(answer) ?? []).map(Number);
		return { sessionId, ssrc, rtxSsrc, peer };
	};
	let pictures = 0;
	const show = (size: number) => {
		const key = pictures % 50 === 0;
		stream.deliver(picture(TRACK, pictures++, { key, size, at: clock.now(), wall: clock.wall() }));
	};
	return { clock, server, stream, join, show };
}

/** Bytes that are in use. */
function heap(): number {
	setFlagsFromString('--expose-gc');
	const collect = runInNewContext('gc') as () => void;
	collect();
	collect();
	return process.memoryUsage().heapUsed;
}

describe('a viewer for an hour', { timeout: TIMEOUT }, () => {
	it('gets every packet once and right, through all wraps of its numbers', async () => {
		let ssrc = 0;
		const expected = { sequence: 1, timestamp: -1, picture: 0 };
		const counts = { packets: 0, wraps: 0, timestampWraps: 0, resent: 0, wrong: 0 };
		let lastResent = -1;
		const transport = new EncryptingTransport(({ header, payload }: RtpPacket) => {
			if (header.ssrc !== ssrc) {
				counts.resent++;
				lastResent = readUint16(payload, 0);
				return;
			}
			counts.packets++;
			if (header.sequenceNumber !== expected.sequence) counts.wrong++;
			expected.sequence = (header.sequenceNumber + 1) & 0xffff;
			if (expected.sequence === 0) counts.wraps++;
			if (expected.timestamp >= 0) {
				const step = (header.timestamp - expected.timestamp) | 0;
				if (step !== 0 && step !== FRAME_MS * 90) counts.wrong++;
				if (header.timestamp < expected.timestamp) counts.timestampWraps++;
			}
			expected.timestamp = header.timestamp;
			if (payload.at(-1) !== 1 + (expected.picture % MARKS)) counts.wrong++;
			if (header.marker) expected.picture++;
		});
		const { clock, server, show } = startServer(transport);
		// What the viewer is told as its source is also what it gets.
		show(2_000);
		const opened = server.create('camera', OFFER, new AbortController().signal);
		const { answer } = await opened;
		ssrc = Number(/FID (\d+)/.exec(answer)?.[1]);
		const [peer] = transport.peers;
		peer?.secure();
		let worstReport = 0;
		for (let picture = 1; picture < (3600 * 1000) / FRAME_MS; picture++) {
			await clock.advance(FRAME_MS);
			show(2_000);
			if (picture % 750 !== 0) continue;
			const lost = (expected.sequence - 20) & 0xffff;
			peer?.options.onRtcp(receiverReport(ssrc, { fractionLost: 0, lsr: 0, dlsr: 0 }));
			peer?.options.onRtcp(nack(ssrc, [lost]));
			if (lastResent !== lost) counts.wrong++;
			const [report] = parseRtcp(peer?.rtcp ?? new Uint8Array());
			if (report?.type !== 'sender-report') throw new Error('no sender report');
			const since = clock.wall() - unixFromNtp(report.ntp);
			const ticks = (expected.timestamp - report.rtpTimestamp) | 0;
			worstReport = Math.max(worstReport, Math.abs(ticks / 90 - since));
		}
		// Each lost packet goes out twice.
		expect(counts).toMatchObject({ wrong: 0, timestampWraps: 1, resent: 118 });
		expect(counts.packets).toBeGreaterThan(89_000);
		expect(counts.wraps).toBe(1);
		// Milliseconds between the clock of the sender reports and that of the pictures.
		expect(worstReport).toBeLessThan(1);
	});
});

describe('10,000 viewers who come and go', { timeout: TIMEOUT }, () => {
	it('leave nothing behind', async () => {
		let packets = 0;
		const transport = new EncryptingTransport(() => {
			packets++;
		});
		const { clock, server, stream, join, show } = startServer(transport);
		show(600);
		const staying = await join();
		const comeAndGo = async (count: number) => {
			for (let viewer = 0; viewer < count; viewer++) {
				const { sessionId, ssrc, peer } = await join();
				show(600);
				peer?.options.onRtcp(nack(ssrc, [1]));
				if (viewer % 2 === 0) server.remove(sessionId);
				else peer?.options.onClosed('gone');
				if (viewer % 2 === 1 && peer) transport.peers.delete(peer);
				await clock.advance(FRAME_MS);
			}
		};
		await comeAndGo(1_000);
		const before = heap();
		await comeAndGo(9_000);
		const grown = heap() - before;
		expect(server.sessions().map(({ id }) => id)).toEqual([staying.sessionId]);
		expect([stream.leases, stream.readers.size, transport.peers.size]).toEqual([1, 1, 1]);
		expect(packets).toBeGreaterThan(20_000);
		// A session that stayed would be 10 KiB or more; so would be what it waits for.
		expect(grown / 9_000).toBeLessThan(100);
		expect(await clock.advance(5_000)).toBeUndefined();
	});

	it('leave nothing behind in the transport', async () => {
		const transport = await createTypescriptTransport({
			udpPort: 0,
			additionalHosts: [],
			clock: systemClock,
			logger: silentLogger,
			maxPeers: 10,
		});
		const comeAndGo = (count: number) => {
			for (let viewer = 0; viewer < count; viewer++) {
				const { peer } = transport.open({
					remoteUfrag: `user${viewer}`,
					remotePassword: 'x'.repeat(24),
					remoteFingerprint: { algorithm: 'sha-256', value: 'AA' },
					onSecured() {},
					onRtcp() {},
					onClosed() {},
				});
				peer.close();
			}
		};
		comeAndGo(1_000);
		const [before, handles] = [heap(), process.getActiveResourcesInfo().length];
		comeAndGo(9_000);
		expect((heap() - before) / 9_000).toBeLessThan(100);
		expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(handles + 5);
		await transport.close();
	});
});
