import { Agent } from 'node:http';
import { connect, createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpResponse } from '../../src/base/http-exchange.ts';
import type { AccessUnit } from '../../src/media/unit.ts';
import { pictures } from '../fakes/access-units.ts';
import { FakeDirectory, type FakeStream } from '../fakes/fake-directory.ts';
import { type Answer, type AskOptions, HlsHost } from '../fakes/hls-host.ts';
import { readPlaylist } from '../fakes/playlist-rules.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { VirtualClock } from '../fakes/virtual-clock.ts';

const PLAYLIST = '/cam/index.m3u8';

let clock: VirtualClock;
let camera: FakeStream;
let host: HlsHost;
/** Keeps one connection. */
let agent: Agent;

beforeEach(async () => {
	clock = new VirtualClock();
	const directory = new FakeDirectory();
	camera = directory.add('cam', [VIDEO_TRACK]);
	host = await HlsHost.start(directory, clock);
	agent = new Agent({ keepAlive: true, maxSockets: 1 });
});

afterEach(async () => {
	agent.destroy();
	await host.close();
});

function deliver(units: Iterable<AccessUnit>): void {
	for (const unit of units) camera.deliver(unit);
}

/** Asks for the playlist and delivers its first segment once the output reads. */
async function play(options: AskOptions = {}): Promise<Answer> {
	const answer = host.ask(PLAYLIST, options);
	await vi.waitFor(() => expect(camera.readers.size).toBe(1));
	deliver(pictures(0, 1.04, { rate: 25, gop: 25 }));
	return answer;
}

describe('whoever asks again for a playlist of one or two segments', () => {
	/** A request that must not be answered before the next segment is there. */
	async function held(options: AskOptions) {
		let answered = false;
		const asked = host.hls.get('cam')?.last_request_at;
		await clock.advance(1);
		const answer = host.ask(PLAYLIST, options).finally(() => {
			answered = true;
		});
		await vi.waitFor(() => expect(host.hls.get('cam')?.last_request_at).not.toBe(asked));
		// Whoever comes later is answered first.
		await host.ask(PLAYLIST, { headers: { 'user-agent': 'another' } });
		expect(answered).toBe(false);
		return { listed: async () => readPlaylist((await answer).body.toString()).segments.length };
	}

	const next = (second: number) => deliver(pictures(second, second + 0.04, { rate: 25, gop: 25 }));

	it('is answered when there is one more', async () => {
		const first = await play({ agent });
		const again = await held({ agent });
		const stranger = await host.ask(PLAYLIST, { headers: { 'user-agent': 'yet another' } });
		expect(stranger.body.equals(first.body)).toBe(true);
		next(2);
		expect(await again.listed()).toBe(2);
		const third = await held({ agent });
		next(3);
		expect(await third.listed()).toBe(3);
		// From here on the playlist is repeated as often as it is asked for.
		for (let count = 0; count < 3; count++) expect((await host.ask(PLAYLIST, { agent })).status).toBe(200);
	});

	it('is known by the connection that its segments came on, too', async () => {
		const { segments } = readPlaylist((await play()).body.toString());
		expect((await host.ask(`/cam/${segments[0]?.uri}`, { agent })).status).toBe(200);
		const again = await held({ agent });
		next(2);
		expect(await again.listed()).toBe(2);
	});

	it('is known by its connection over HTTP/2', async () => {
		const http2 = createServer((incoming, response) => {
			host.hls.handle(incoming, response as unknown as HttpResponse);
		});
		await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve));
		const session = connect(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
		const get = async () => {
			let text = '';
			for await (const part of session.request({ ':path': `/hls${PLAYLIST}` }).setEncoding('utf8')) text += part;
			return readPlaylist(text).segments.length;
		};
		const first = get();
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		deliver(pictures(0, 1.04, { rate: 25, gop: 25 }));
		expect(await first).toBe(1);
		const asked = host.hls.get('cam')?.last_request_at;
		await clock.advance(1);
		const again = get();
		await vi.waitFor(() => expect(host.hls.get('cam')?.last_request_at).not.toBe(asked));
		next(2);
		expect(await again).toBe(2);
		session.destroy();
		await new Promise((resolve) => http2.close(resolve));
	});

	it('is known on a new connection by the time that players leave between two requests', async () => {
		await play();
		await clock.advance(600);
		const again = await held({});
		next(2);
		expect(await again.listed()).toBe(2);
	});

	it("is known on any connection when it is Chromium's own player, which gives up when there is nothing new", async () => {
		const headers = { 'user-agent': 'Mozilla/5.0 (X11)', 'accept-encoding': 'gzip, identity;q=1, *;q=0' };
		const answer = host.ask(PLAYLIST, { headers });
		await vi.waitFor(() => expect(camera.readers.size).toBe(1));
		deliver(pictures(0, 10.04, { rate: 25, gop: 250 }));
		expect(readPlaylist((await answer).body.toString()).segments.length).toBe(1);
		const again = await held({ headers });
		deliver(
			[...pictures(10.04, 20.04, { rate: 25, gop: 250 })].map((unit) => ({ ...unit, key: unit.pts === 1_800_000 })),
		);
		expect(await again.listed()).toBe(2);
	});

	it('is not somebody who asked by HEAD, or another viewer of the same address and player', async () => {
		const first = await play({ agent, method: 'HEAD' });
		expect(first.status).toBe(200);
		const answers = [await host.ask(PLAYLIST, { agent, method: 'HEAD' })];
		answers.push(await host.ask(PLAYLIST, { agent }), await host.ask(PLAYLIST));
		answers.push(await host.ask(PLAYLIST));
		expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
		expect(readPlaylist(answers[3]?.body.toString() ?? '').segments.length).toBe(1);
	});

	it('is not somebody who has it and asks by HEAD', async () => {
		const first = await play({ agent });
		const again = await host.ask(PLAYLIST, { agent, method: 'HEAD' });
		expect([again.status, again.headers['content-length']]).toEqual([200, String(first.body.length)]);
	});

	it('does not wait for ever', async () => {
		const first = await play({ agent });
		await clock.advance(5_000);
		const asked = host.hls.get('cam')?.last_request_at;
		await clock.advance(1);
		const again = host.ask(PLAYLIST, { agent });
		await vi.waitFor(() => expect(host.hls.get('cam')?.last_request_at).not.toBe(asked));
		await clock.advance(12_000);
		expect((await again).body.equals(first.body)).toBe(true);
	});
});
