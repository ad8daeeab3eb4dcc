import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessUnit } from '../../src/media/unit.ts';
import { AAC_TRACK, picture, pictures, sound } from '../fakes/access-units.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { type Answer, HlsHost } from '../fakes/hls-host.ts';
import { checkLowLatencySuccession, type ReadLowLatency, readLowLatency } from '../fakes/low-latency-rules.ts';
import { readFmp4 } from '../fakes/read-fmp4.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const RATE = 25;
let clock: VirtualClock;
let directory: FakeDirectory;
let camera: FakeStream;
let host: HlsHost;
let units: Generator<AccessUnit>;
/** Seconds of media delivered. */
let delivered: number;

function* scene(gop: number): Generator<AccessUnit> {
	let frames = 0;
	for (let frame = 0; ; frame++) {
		for (; (frames * 1024) / 48_000 < frame / RATE; frames++) yield sound((frames * 1024) / 48_000);
		yield picture(frame / RATE, frame % gop === 0);
	}
}

/** Delivers units up to this second, and the picture there. */
function deliverTo(seconds: number): void {
	while (delivered < seconds - 1e-9) {
		const unit = units.next().value as AccessUnit;
		camera.deliver(unit);
		if (unit.kind === 'video') delivered = unit.pts / 90_000;
	}
}

async function start(options: Parameters<typeof HlsHost.start>[2] = {}, gop = 25): Promise<void> {
	host = await HlsHost.start(directory, clock, options);
	units = scene(gop);
	delivered = -1;
}

/** Starts the output and delivers the first seconds. */
async function play(seconds: number): Promise<ReadLowLatency> {
	const answer = host.ask('/cam/ll.m3u8');
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	deliverTo(seconds);
	return read(await answer);
}

function read({ status, body }: Answer): ReadLowLatency {
	expect([status, status === 200 ? '' : body.toString()]).toEqual([200, '']);
	return readLowLatency(body.toString());
}

const playlist = async (query = '') => read(await host.ask(`/cam/ll.m3u8${query}`));

/** A request that must not be answered before the test says so. */
async function held(path: string) {
	let answered = false;
	const answer = host.ask(path).finally(() => {
		answered = true;
	});
	const before = host.hls.get('cam')?.last_request_at;
	await clock.advance(1);
	await vi.waitFor(() => expect(host.hls.get('cam')?.last_request_at).not.toBe(before));
	return { answer, answered: () => answered };
}

beforeEach(() => {
	clock = new VirtualClock();
	directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK, AAC_TRACK]);
});
afterEach(() => host.close());

describe('low-latency HLS', () => {
	it('holds the first request until there is a whole segment, and lists the parts that follow', async () => {
		await start();
		const first = await play(1.4);
		expect(first).toMatchObject({ targetDuration: 1, partTarget: 0.206, independent: true, version: 9 });
		expect(first.control).toEqual({
			'CAN-BLOCK-RELOAD': 'YES',
			'PART-HOLD-BACK': '0.618',
			'HOLD-BACK': '3',
			'CAN-SKIP-UNTIL': '6',
		});
		const latest = await playlist();
		expect(latest.segments.map(({ uri, parts }) => [uri !== undefined, parts.length])).toEqual([
			[true, 5],
			[false, 2],
		]);
		expect(latest.segments.flatMap(({ parts }) => parts.map(({ independent }) => independent))).toEqual([
			...[true, false, false, false, false],
			...[true, false],
		]);
	});

	it('serves parts whose bytes are those of their segment, read by mp4box', async () => {
		await start();
		await play(3.3);
		const { segments } = await playlist();
		const [segment] = segments;
		const get = async (uri = '') => host.ask(`/cam/${uri}`);
		const whole = await get(segment?.uri);
		expect(whole.headers).toMatchObject({
			'content-type': 'video/mp4',
			'cache-control': 'max-age=31536000, immutable',
			'access-control-allow-origin': '*',
		});
		const parts = await Promise.all((segment?.parts ?? []).map(({ uri }) => get(uri)));
		expect(Buffer.concat(parts.map(({ body }) => body)).equals(whole.body)).toBe(true);
		const init = await get(segment?.map);
		expect(init.headers['content-type']).toBe('video/mp4');
		const { tracks, fragments } = readFmp4(
			init.body,
			parts.map(({ body }) => body),
		);
		expect(tracks.map(({ codec }) => codec)).toEqual(['avc1.42c00a', 'mp4a.40.2']);
		expect(fragments.map(({ runs }) => (runs[0]?.duration ?? 0) / 90_000)).toEqual(
			segment?.parts.map(({ duration }) => duration),
		);
	});

	it('keeps its rules from one state to the next', async () => {
		await start();
		let before = await play(1.1);
		for (let time = 1.2; time < 15; time += 0.2) {
			deliverTo(time);
			const after = await playlist();
			checkLowLatencySuccession(before, after);
			before = after;
		}
		expect(before.segments.filter(({ uri }) => uri).length).toBe(6);
	});

	describe('blocking reload', () => {
		it('is held until the part is there, and answered with the whole playlist', async () => {
			await start();
			await play(1.3);
			const msn = (await playlist()).segments.at(-1)?.sequence ?? 0;
			const request = await held(`/cam/ll.m3u8?_HLS_msn=${msn}&_HLS_part=2`);
			deliverTo(1.56);
			expect(request.answered()).toBe(false);
			deliverTo(1.6);
			const { segments: later, mediaSequence } = read(await request.answer);
			expect(later.at(-1)).toMatchObject({ sequence: msn, uri: undefined });
			expect(later.at(-1)?.parts.length).toBe(3);
			expect(later[0]?.sequence).toBe(mediaSequence);
		});

		it('is held until the segment is whole when no part is asked for', async () => {
			await start();
			await play(1.3);
			const msn = (await playlist()).segments.at(-1)?.sequence ?? 0;
			const request = await held(`/cam/ll.m3u8?_HLS_msn=${msn}`);
			deliverTo(1.96);
			expect(request.answered()).toBe(false);
			deliverTo(2);
			expect(read(await request.answer).segments.at(-1)).toMatchObject({ sequence: msn, duration: 1 });
		});

		it('takes a part past the last one for the first part of the next segment', async () => {
			await start();
			await play(2);
			const { segments } = await playlist();
			const last = segments.at(-1) as ReadLowLatency['segments'][number];
			const request = await held(`/cam/ll.m3u8?_HLS_msn=${last.sequence}&_HLS_part=${last.parts.length}`);
			deliverTo(2.16);
			expect(request.answered()).toBe(false);
			deliverTo(2.2);
			const answer = read(await request.answer).segments.at(-1);
			expect(answer).toMatchObject({ sequence: last.sequence + 1, uri: undefined });
			expect(answer?.parts.length).toBe(1);
		});

		it('is answered at once when it is old', async () => {
			await start();
			await play(4.3);
			const { mediaSequence } = await playlist();
			for (const query of [`?_HLS_msn=${mediaSequence}`, `?_HLS_msn=0`, `?_HLS_msn=${mediaSequence}&_HLS_part=99`]) {
				expect((await playlist(query)).mediaSequence).toBe(mediaSequence);
			}
		});

		it('is refused with 400 when it makes no sense or is too far ahead', async () => {
			await start();
			await play(1.3);
			const msn = (await playlist()).segments.at(-1)?.sequence ?? 0;
			const bad = ['_HLS_part=1', '_HLS_msn=x', '_HLS_msn=-1', `_HLS_msn=${2 ** 53}`, '_HLS_msn=1.5', '_HLS_msn='];
			bad.push(`_HLS_msn=${msn + 2}`, `_HLS_msn=${msn}&_HLS_part=17`, `_HLS_msn=${msn}&_HLS_part=-1`);
			for (const query of bad) {
				const { status, headers } = await host.ask(`/cam/ll.m3u8?${query}`);
				expect([query, status]).toEqual([query, 400]);
				expect(headers).toMatchObject({ 'access-control-allow-origin': '*', 'cache-control': 'no-store' });
			}
			// Nothing of it is held: the output rests when its time has come.
			await clock.advance(20_000);
			expect(camera.leases).toBe(0);
		});

		it('is let go with 503 after three target durations', async () => {
			await start();
			const { segments } = await play(1.3);
			const request = await held(`/cam/ll.m3u8?_HLS_msn=${(segments.at(-1)?.sequence ?? 0) + 1}`);
			await clock.advance(2_900);
			expect(request.answered()).toBe(false);
			await clock.advance(1_100);
			const { status, headers } = await request.answer;
			expect([status, headers['retry-after']]).toEqual([503, '1']);
		});

		it('is forgotten when the client goes', async () => {
			await start();
			await play(1.3);
			const msn = (await playlist()).segments.at(-1)?.sequence ?? 0;
			const gone = host.begin(`/cam/ll.m3u8?_HLS_msn=${msn}`);
			await held(`/cam/ll.m3u8?_HLS_msn=${msn}`).then(async ({ answer }) => {
				gone.destroy();
				deliverTo(2);
				read(await answer);
			});
			await clock.advance(20_000);
			expect(camera.leases).toBe(0);
		});

		it('has a limit to how many are held', async () => {
			await start();
			await play(1.3);
			const msn = (await playlist()).segments.at(-1)?.sequence ?? 0;
			const clients = Array.from({ length: 1000 }, () => host.begin(`/cam/ll.m3u8?_HLS_msn=${msn}`));
			await vi.waitFor(
				async () => {
					const answer = await Promise.race([
						host.ask(`/cam/ll.m3u8?_HLS_msn=${msn}`),
						new Promise<undefined>((resolve) => setTimeout(resolve, 200, undefined)),
					]);
					expect(answer?.status).toBe(503);
				},
				{ timeout: 20_000 },
			);
			for (const client of clients) client.destroy();
		}, 30_000);
	});

	describe('preload hint', () => {
		it('names the next part, whose request is held until it is whole', async () => {
			await start();
			await play(1.3);
			const { hint, segments } = await playlist();
			const request = await held(`/cam/${hint}`);
			deliverTo(1.36);
			expect(request.answered()).toBe(false);
			deliverTo(1.4);
			const part = await request.answer;
			expect([part.status, part.headers['content-type']]).toEqual([200, 'video/mp4']);
			const later = await playlist();
			expect(later.segments.at(-1)?.parts.at(-1)?.uri).toBe(hint);
			const init = await host.ask(`/cam/${segments[0]?.map}`);
			expect(readFmp4(init.body, [part.body]).fragments[0]?.runs[0]?.samples.length).toBe(5);
		});

		it('holds over the end of a segment', async () => {
			await start();
			await play(1.9);
			const last = await held(`/cam/${(await playlist()).hint}`);
			deliverTo(2);
			expect((await last.answer).status).toBe(200);
			const next = await held(`/cam/${(await playlist()).hint}`);
			deliverTo(2.2);
			expect((await next.answer).status).toBe(200);
		});

		it('is all that is held: other names are not found', async () => {
			await start();
			await play(1.3);
			const { hint } = await playlist();
			const beyond = hint.replace(/\.(\d+)\.m4s$/, (_, index: string) => `.${Number(index) + 1}.m4s`);
			for (const name of [beyond, hint.replace(/\.\d+\.m4s$/, '.m4s'), 'll-a-1.0.m4s', 'll-.m4s', 'll-a-1.mp4']) {
				expect([name, (await host.ask(`/cam/${name}`)).status]).toEqual([name, 404]);
			}
		});
	});

	it('lets parts go from the playlist but keeps them for three target durations', async () => {
		await start({ idleTimeout: 60_000 });
		await play(1.3);
		const uri = (await playlist()).segments[0]?.parts[0]?.uri ?? '';
		deliverTo(5.3);
		await clock.advance(4_000);
		const later = await playlist();
		expect(later.segments.flatMap(({ parts }) => parts.map((part) => part.uri))).not.toContain(uri);
		expect((await host.ask(`/cam/${uri}`)).status).toBe(200);
		deliverTo(30);
		await clock.advance(24_000);
		await playlist();
		expect((await host.ask(`/cam/${uri}`)).status).toBe(404);
	});

	it('gives delta updates that make up the full playlist', async () => {
		await start({ segmentCount: 12 });
		await play(1.3);
		const few = await host.ask('/cam/ll.m3u8?_HLS_skip=YES');
		expect(few.body.toString()).not.toContain('EXT-X-SKIP');
		deliverTo(14.5);
		const [full, delta] = await Promise.all([host.ask('/cam/ll.m3u8'), host.ask('/cam/ll.m3u8?_HLS_skip=YES')]);
		const [whole, short] = [read(full), read(delta)];
		expect(whole.segments.length).toBe(13);
		expect([short.skipped, short.version]).toEqual([6, 9]);
		const [map] = whole.segments.map((segment) => segment.map);
		const merged = [
			...whole.segments.slice(0, short.skipped),
			...short.segments.map((segment) => ({ ...segment, map: segment.map ?? map })),
		];
		expect(merged).toEqual(whole.segments);
		expect(read(await host.ask('/cam/ll.m3u8?_HLS_skip=v2')).skipped).toBe(6);
	});

	it('marks a restart of the camera, with the map again', async () => {
		await start();
		await play(2.5);
		for (const unit of pictures(10, 12.1, { rate: RATE, gop: 25, epoch: 1 })) camera.deliver(unit);
		const { segments, discontinuitySequence } = await playlist();
		expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, false, false, true, false]);
		expect(discontinuitySequence).toBe(0);
		const text = (await host.ask('/cam/ll.m3u8')).body.toString();
		expect(text).toMatch(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="[^"]+"\n#EXT-X-PROGRAM-DATE-TIME:/);
	});

	it('has a new map where the parameter sets change', async () => {
		await start();
		await play(1.5);
		const sets = VIDEO_TRACK.parameterSets as { sps: Uint8Array; pps: Uint8Array };
		const track = { ...VIDEO_TRACK, parameterSets: { ...sets, pps: Uint8Array.of(0x68, 0xce, 0x3c, 0x81) } };
		for (let frame = 0; frame < 32; frame++) camera.deliver(picture(1.52 + frame / RATE, frame % 25 === 0, { track }));
		const { segments } = await playlist();
		const [old, , changed] = segments.map(({ map }) => map);
		expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, false, true, false]);
		expect(changed).not.toBe(old);
		const [before, after] = await Promise.all([old, changed].map((name) => host.ask(`/cam/${name}`)));
		expect([before?.status, after?.status]).toEqual([200, 200]);
		expect(before?.body.equals(after?.body as Buffer)).toBe(false);
	});

	it('promises the same part target in the next run, and goes on without going back', async () => {
		await start();
		const before = await play(3.1);
		await clock.advance(20_000);
		expect([camera.leases, host.hls.list()]).toEqual([0, []]);
		const answer = host.ask('/cam/ll.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		for (const unit of pictures(40, 41.3, { rate: 30, gop: 30, epoch: 1 })) camera.deliver(unit);
		const after = read(await answer);
		expect(after.partTarget).toBe(before.partTarget);
		expect(after.mediaSequence).toBeGreaterThan(before.mediaSequence + 2);
		expect(after.discontinuitySequence).toBeGreaterThan(before.discontinuitySequence);
	});

	describe('while the camera sends fewer pictures than parts need', () => {
		const night = (from: number, to: number) => {
			for (const unit of pictures(from, to, { rate: 2, gop: 2 })) camera.deliver(unit);
		};

		/** Plays on until segments are not divided any more; the last one whole ends at 8 s. */
		async function fall(): Promise<ReadLowLatency> {
			await start();
			await play(3);
			night(3.04, 8.5);
			return playlist();
		}

		it('answers with whole segments, and keeps nobody waiting for a part', async () => {
			const before = await fall();
			expect([before.hint, before.segments.flatMap(({ parts }) => parts)]).toEqual(['', []]);
			const msn = (before.segments.at(-1)?.sequence ?? 0) + 1;
			const requests = [
				await held(`/cam/ll.m3u8?_HLS_msn=${msn}`),
				await held(`/cam/ll.m3u8?_HLS_msn=${msn}&_HLS_part=0`),
			];
			const part = before.segments.at(-1)?.uri?.replace(/\d+\.m4s$/, `${msn}.0.m4s`);
			expect((await host.ask(`/cam/${part}`)).status).toBe(404);
			night(8.54, 9.54);
			expect(requests.map(({ answered }) => answered())).toEqual([false, false]);
			night(9.54, 10);
			for (const { answer } of requests) expect(read(await answer).segments.at(-1)?.sequence).toBe(msn);
		});

		it('keeps the parts that it listed before', async () => {
			await start();
			await play(3);
			const { segments } = await playlist();
			night(3.04, 8.5);
			const parts = segments.flatMap((segment) => segment.parts);
			expect(parts.length).toBe(15);
			for (const { uri } of parts) expect((await host.ask(`/cam/${uri}`)).status).toBe(200);
		});

		it('goes on in parts when pictures come as before, with the same part target', async () => {
			const before = await fall();
			for (const unit of pictures(8.54, 12, { rate: 25, gop: 25 })) camera.deliver(unit);
			const after = await playlist();
			expect(after.partTarget).toBe(before.partTarget);
			expect(after.hint).not.toBe('');
			expect(after.segments.at(-1)?.parts.length).toBeGreaterThan(0);
		});
	});

	it('waits with the multivariant playlist, too, until it knows how long parts are', async () => {
		await start();
		const answer = host.ask('/cam/ll-master.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		for (const unit of pictures(0, 5, { rate: 0.4, gop: 1 })) camera.deliver(unit);
		expect(host.hls.get('cam')).toMatchObject({ state: 'starting', part_target: 0 });
		for (const unit of pictures(5, 7, { rate: 25, gop: 25 })) camera.deliver(unit);
		expect((await answer).status).toBe(200);
		expect(host.hls.get('cam')).toMatchObject({ state: 'live', part_target: 0.206 });
	});

	it('reads the stream beside the classic output, each with its own lease', async () => {
		await start();
		await play(1.3);
		const classic = host.ask('/cam/index.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(2));
		deliverTo(4.3);
		expect((await classic).status).toBe(200);
		expect(camera.leases).toBe(2);
		expect(host.hls.list().map(({ part_target }) => part_target !== undefined)).toEqual([false, true]);
		// Somebody goes on with the low-latency one alone.
		for (let second = 5; second < 26; second++) {
			deliverTo(second);
			await playlist();
			await clock.advance(1_000);
		}
		expect([camera.leases, host.hls.list().length]).toEqual([1, 1]);
	});

	it('is not there when it is switched off', async () => {
		host = await HlsHost.start(directory, clock, { partDuration: 0 });
		expect((await host.ask('/cam/ll.m3u8')).status).toBe(404);
		expect(camera.claims).toBe(0);
	});
});

describe('classic HLS in fragmented MP4', () => {
	it('lists its header, and again after a break', async () => {
		await start({ container: 'fmp4' });
		const answer = host.ask('/cam/index.m3u8');
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		deliverTo(2.5);
		for (const unit of pictures(10, 11.1, { rate: RATE, gop: 25, epoch: 1 })) camera.deliver(unit);
		expect((await answer).status).toBe(200);
		const text = (await host.ask('/cam/index.m3u8')).body.toString();
		const tags = text.split('\n').filter((line) => /EXT-X-MAP|EXT-X-DISCONTINUITY$|^seg-/.test(line));
		expect(tags.map((line) => line.replace(/[a-z0-9]+-\d+\./g, '*.'))).toEqual([
			'#EXT-X-MAP:URI="seg-*.mp4"',
			'seg-*.m4s',
			'seg-*.m4s',
			'seg-*.m4s',
			'#EXT-X-DISCONTINUITY',
			'#EXT-X-MAP:URI="seg-*.mp4"',
			'seg-*.m4s',
		]);
		const [, map = ''] = /EXT-X-MAP:URI="([^"]+)"/.exec(text) ?? [];
		const names = text.split('\n').filter((line) => line.startsWith('seg-'));
		const [init, ...media] = await Promise.all([map, ...names].map((name) => host.ask(`/cam/${name}`)));
		const { fragments } = readFmp4(
			init?.body ?? Buffer.alloc(0),
			media.map(({ body }) => body),
		);
		expect(fragments.length).toBe(4);
	});
});
