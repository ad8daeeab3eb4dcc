import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { createHlsServer, type HlsServer } from '../../src/hls/server.ts';
import { pictures } from '../fakes/access-units.ts';
import { FakeDirectory } from '../fakes/fake-directory.ts';
import { VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { settle, VirtualClock } from '../fakes/virtual-clock.ts';

/** A response that takes the body and is not done with it before it is told so. */
class SlowResponse extends EventEmitter {
	status = 0;
	body: Uint8Array = new Uint8Array(0);

	writeHead(status: number): this {
		this.status = status;
		return this;
	}

	end(body: Uint8Array): void {
		this.body = body;
	}

	setHeader(): void {}
}

function ask(hls: HlsServer, file: string): SlowResponse {
	const request = { method: 'GET', url: `/hls/cam/${file}`, headers: {}, socket: { remoteAddress: '127.0.0.1' } };
	const response = new SlowResponse();
	hls.handle(request as unknown as IncomingMessage, response as unknown as ServerResponse);
	return response;
}

it.each([
	['index.m3u8', /^seg-\S+\.ts$/m],
	['ll.m3u8', /^ll-\S+\.m4s$/m],
	['ll.m3u8', /(?<=#EXT-X-PART:.*URI=")[^"]+/],
	['ll.m3u8', /(?<=#EXT-X-PRELOAD-HINT:.*URI=")[^"]+/],
])(
	'%s: what a client takes long to read stays as it is, its memory is used when it is done: %s',
	async (playlist, uri) => {
		const clock = new VirtualClock();
		const directory = new FakeDirectory();
		const camera = directory.add('cam', [VIDEO_TRACK]);
		const hls = createHlsServer({
			...{ directory, clock, logger: silentLogger, outputDir: '/dev/null/no-folder', enableCompression: false },
			...{ segmentDuration: 1, segmentCount: 3, partDuration: 0.2, cleanupThreshold: 20, startTimeout: 5000 },
			idleTimeout: 3_600_000,
			answerError: (_, response) => void response.writeHead(404),
		});
		let sent = 0;
		async function send(seconds: number): Promise<void> {
			for (const end = sent + seconds; sent < end; sent++) {
				for (const unit of pictures(sent, sent + 1, { rate: 25, gop: 25 })) camera.deliver(unit);
				await clock.advance(1000);
			}
		}
		const first = ask(hls, playlist);
		await settle();
		await send(6);
		expect(first.status).toBe(200);
		const [name = ''] = uri.exec(Buffer.from(ask(hls, playlist).body).toString()) ?? [];
		const slow = ask(hls, name);
		await send(1);
		expect([slow.status, slow.body.length > 0]).toEqual([200, true]);
		const before = Buffer.from(slow.body);
		await send(60);
		expect(ask(hls, name).status).toBe(404);
		expect(before.equals(slow.body)).toBe(true);
		slow.emit('close');
		await send(20);
		// What the classic output takes depends on how fast the disk lets go of its copies.
		if (playlist === 'll.m3u8') expect(before.equals(slow.body)).toBe(false);
		await hls.close();
	},
);
