import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import type { ErrorCode, SourceError } from '../../src/base/errors.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { buildSenderReport } from '../../src/media/rtp/rtcp-writer.ts';
import type { RtpPacket } from '../../src/media/rtp/rtp.ts';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import { RtspServer } from '../../src/rtsp/server/server.ts';
import { Stream } from '../../src/stream/stream.ts';
import { FakeCamera, interleaved, ok, status } from '../camera/fake-camera.ts';
import { type Flood, FloodingCamera, type HostileAnswer } from '../camera/flooding-camera.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';
import { readInputs } from '../fuzz/corpus.ts';

const RESPONSE_TIMEOUT = 5000;
const STALL_TIMEOUT = 2000;
/** By then each attack has ended; the slowest wait for both timeouts. */
const DEADLINE = 20_000;
const SAMPLE_MS = 50;
const MAX_MEMORY = 8 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

type Attack = readonly [name: string, code: ErrorCode, answers: Readonly<Record<string, HostileAnswer>>];

const HEAD = 'RTSP/1.0 200 OK\r\nCSeq: 2\r\n';
const SSRC = 7;

function packet(fields: Partial<RtpPacket>): Uint8Array {
	const rest = { payloadType: 96, marker: false, timestamp: 0, ssrc: SSRC, sequence: 0, payload: new Uint8Array(0) };
	return interleaved(0, buildRtp({ ...rest, ...fields }));
}

/** DESCRIBE is answered with this text, again and again after the first piece. */
function described(first: string, then: Flood = () => undefined): Attack[2] {
	return { DESCRIBE: () => (index) => (index === 0 ? first : then(index)) };
}

/** All is well until PLAY; then this comes. */
function played(flood: Flood): Attack[2] {
	return { PLAY: (request) => (index) => (index === 0 ? wellPlayed(request) : flood(index)) };
}

function wellPlayed(request: Parameters<HostileAnswer>[0]): string {
	return `RTSP/1.0 200 OK\r\nCSeq: ${request.headers.get('CSeq')}\r\nSession: 1\r\n\r\n`;
}

function sdp(body: string): Attack[2] {
	return { DESCRIBE: (request) => ok(request, {}, body) };
}

const LARGE = 'x'.repeat(60_000);
const NOISE = Uint8Array.from({ length: 60_000 }, (_, index) => ((index * 167 + (index >> 7)) & 0x7f) | 1).map(
	(byte) => (byte === 0x24 ? 1 : byte),
);
const UNKNOWN_CHANNEL = interleaved(200, new Uint8Array(65_535));
const REPORT = interleaved(
	1,
	buildSenderReport(
		{ ssrc: SSRC, ntp: { seconds: 4e9, fraction: 0 }, rtpTimestamp: 1, packets: 1, octets: 1, blocks: [] },
		'x',
	),
);
const MIDDLE_OF_FU = Uint8Array.from([0x7c, 0x05, ...new Uint8Array(1300)]);
const TINY_NALS = Uint8Array.from([0x78, ...Array.from({ length: 400 }, () => [0, 2, 0x41, 0x9a]).flat()]);

const ATTACKS: readonly Attack[] = [
	['headers without end', 'camera_protocol', described(HEAD, () => 'X-More: and more\r\n'.repeat(50))],
	['a header line of 1 MB', 'camera_protocol', described(`${HEAD}X: ${'x'.repeat(1_000_000)}\r\n\r\n`)],
	['1000 headers', 'camera_protocol', described(`${HEAD}${'A: b\r\n'.repeat(1000)}\r\n`)],
	['a negative length', 'camera_protocol', described(`${HEAD}Content-Length: -1\r\n\r\n`)],
	['a length that is no number', 'camera_protocol', described(`${HEAD}Content-Length: 1e3\r\n\r\n`)],
	['a body of 1 GB', 'camera_protocol', described(`${HEAD}Content-Length: 1000000000\r\n\r\n`, () => LARGE)],
	['a body that never comes', 'camera_timeout', described(`${HEAD}Content-Length: 500\r\n\r\n`)],
	[
		'a body that comes byte by byte',
		'camera_timeout',
		described(`${HEAD}Content-Length: 100000\r\n\r\n`, (index) => (index % 2 ? 'x' : undefined)),
	],
	['headers that come byte by byte', 'camera_timeout', described(HEAD, (index) => (index % 2 ? 'x' : undefined))],
	['a body without a length', 'camera_protocol', described(`${HEAD}\r\n`, () => LARGE)],
	['answers to nothing', 'camera_timeout', described('', () => 'RTSP/1.0 200 OK\r\nCSeq: 99999\r\n\r\n'.repeat(100))],
	['requests without end', 'camera_timeout', described('', () => 'OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(100))],
	['no answer at all', 'camera_timeout', { DESCRIBE: () => () => undefined }],
	['a description of 100,000 sections', 'camera_protocol', sdp('m=video 0 RTP/AVP 96\r\n'.repeat(100_000))],
	['a description of 5000 sections', 'camera_unsupported', sdp('m=video 0 RTP/AVP 26\r\n'.repeat(5000))],
	[
		'a description with huge attributes',
		'camera_stalled',
		sdp(`m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 ${'a=1;'.repeat(30_000)}\r\n`),
	],
	['garbage instead of media', 'camera_protocol', played(() => NOISE)],
	['frames on channels nobody asked for', 'camera_stalled', played(() => UNKNOWN_CHANNEL)],
	[
		'a fragmented NAL unit without end',
		'camera_stalled',
		played((index) => packet({ sequence: index & 0xffff, payload: MIDDLE_OF_FU })),
	],
	[
		'a fragmented NAL unit that begins and does not end',
		'camera_stalled',
		played((index) =>
			packet({
				sequence: index & 0xffff,
				payload: index === 1 ? Uint8Array.from([0x7c, 0x85, 1, 2]) : MIDDLE_OF_FU,
			}),
		),
	],
	[
		'tiny NAL units without end',
		'camera_stalled',
		played((index) => packet({ sequence: index & 0xffff, payload: TINY_NALS })),
	],
	[
		'packets without a payload',
		'camera_stalled',
		played((index) =>
			Buffer.concat(Array.from({ length: 100 }, (_, at) => packet({ sequence: (100 * index + at) & 0xffff }))),
		),
	],
	['sender reports without end', 'camera_stalled', played(() => REPORT)],
	['silence after PLAY', 'camera_stalled', played(() => undefined)],
	[
		'a redirection to itself',
		'camera_protocol',
		{ DESCRIBE: (request, camera) => status(request, 302, { Location: camera.url }) },
	],
	[
		'another nonce for each password',
		'camera_unauthorized',
		{
			DESCRIBE: (request) =>
				status(request, 401, {
					'WWW-Authenticate': `Digest realm="r", nonce="${request.headers.get('CSeq')}", stale=true`,
				}),
		},
	],
];

let neighbour: FakeCamera;
let pull: Pull;
let beat: NodeJS.Timeout;
let sequence = 0;
const open: { close(): Promise<void> }[] = [];

/** A good camera beside the bad one, 50 packets a second. */
beforeEach(async () => {
	neighbour = await FakeCamera.start();
	pull = new Pull(rtspSource(neighbour.url, { transport: 'tcp' }));
	await neighbour.seen('PLAY');
	beat = setInterval(() => {
		sequence = (sequence + 1) & 0xffff;
		neighbour.client.send(packet({ sequence, marker: true, payload: Uint8Array.of(0x41, 0x9a) }));
	}, 20);
	await pull.sink.until(() => pull.sink.packets.length > 3);
});

afterEach(async () => {
	clearInterval(beat);
	await neighbour.close();
	await pull.stop();
	await Promise.all(open.splice(0).map((each) => each.close()));
});

/** Runs a stream from a camera until it fails. @returns why, and the most memory it took, in bytes */
async function endOf(url: string): Promise<{ error: SourceError; memory: number }> {
	const before = memory();
	let most = 0;
	const sampler = setInterval(() => {
		most = Math.max(most, memory() - before);
	}, SAMPLE_MS);
	const stream = new Stream({
		id: 'hostile',
		source: rtspSource(url, {
			transport: 'tcp',
			username: 'user',
			password: 'pass',
			responseTimeout: RESPONSE_TIMEOUT,
		}),
		onDemand: false,
		startTimeout: DEADLINE,
		closeAfter: 0,
		stallTimeout: STALL_TIMEOUT,
		backoff: { first: DEADLINE, cap: DEADLINE },
		retryPause: { transient: DEADLINE, permanent: DEADLINE },
		clock: systemClock,
		logger: silentLogger,
		random: () => 0.5,
	});
	open.push(stream);
	try {
		const from = performance.now();
		while (!stream.lastError) {
			if (performance.now() - from > DEADLINE) throw new Error(`the attack goes on in state ${stream.state.name}`);
			await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS));
		}
		return { error: stream.lastError.error, memory: Math.max(most, memory() - before) };
	} finally {
		clearInterval(sampler);
	}
}

function memory(): number {
	// What the first pass finds is given back by the second.
	collect();
	collect();
	const { heapUsed, external } = process.memoryUsage();
	return heapUsed + external;
}

describe('S10: a hostile camera', () => {
	it.each(ATTACKS)('that sends %s ends as %s and disturbs nobody', async (_name, code, answers) => {
		const camera = await FloodingCamera.start(answers);
		open.push(camera);
		const { error, memory } = await endOf(camera.url);
		expect(error.code, error.message).toBe(code);
		expect(memory).toBeLessThan(MAX_MEMORY);
		const seen = pull.sink.packets.length;
		await pull.sink.until(() => pull.sink.packets.length > seen);
		const sequences = pull.sink.sequences(0);
		expect(sequences).toEqual(sequences.map((_, index) => ((sequences[0] ?? 0) + index) & 0xffff));
	});
});

describe('a hostile client of the RTSP server', () => {
	const crashers = (['rtsp-framing', 'rtsp-message'] as const).flatMap((target) => readInputs('crashers', target));

	it('ends its own connection and no other', async () => {
		const failures: string[] = [];
		const server = await RtspServer.listen({
			host: '127.0.0.1',
			port: 0,
			presentations: { open: async () => undefined },
			clock: systemClock,
			logger: { ...silentLogger, error: (_facts, message) => failures.push(message) },
			randomBytes,
		});
		open.push(server);
		const witness = connect(server.port, '127.0.0.1');
		witness.setEncoding('latin1');
		let answers = '';
		witness.on('data', (text) => {
			answers += text;
		});
		for (const { bytes } of crashers) {
			const hostile = connect(server.port, '127.0.0.1');
			hostile.on('error', () => {});
			hostile.end(bytes);
			hostile.resume();
			await once(hostile, 'close');
		}
		witness.write('OPTIONS * RTSP/1.0\r\nCSeq: 77\r\n\r\n');
		await expect.poll(() => answers, { timeout: 5000 }).toMatch(/200[\s\S]*CSeq: 77/);
		witness.destroy();
		expect(crashers.length).toBeGreaterThan(3);
		expect(failures).toEqual([]);
	});
});
