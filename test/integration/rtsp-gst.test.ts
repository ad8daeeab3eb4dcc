import { afterEach, describe, expect, it } from 'vitest';
import { GstCamera, type GstCameraOptions } from '../camera/gst-camera.ts';
import { Pull, RecordingLogger, rtspSource } from '../camera/pulled-source.ts';

const SMALL: GstCameraOptions = { width: 320, height: 240, bitrate: 500 };
const cameras: GstCamera[] = [];

async function startCamera(options: GstCameraOptions = {}): Promise<GstCamera> {
	const camera = await GstCamera.start({ ...SMALL, ...options });
	cameras.push(camera);
	return camera;
}

afterEach(async () => {
	await Promise.all(cameras.splice(0).map((camera) => camera.stop('SIGKILL')));
});

/** No packet missing, none twice, on every track. */
function expectUnbroken(pull: Pull): void {
	for (const { id } of pull.sink.announcements[0]?.tracks ?? []) {
		const sequences = pull.sink.sequences(id);
		const first = sequences[0] ?? 0;
		expect(sequences).toEqual(sequences.map((_, index) => (first + index) & 0xffff));
	}
}

describe('a camera of gst-rtsp-server', () => {
	it('is pulled over TCP and told goodbye', async () => {
		const camera = await startCamera({ audio: 'opus' });
		const pull = new Pull(rtspSource(camera.url));
		await pull.flowing(50);
		await pull.sink.until(({ reports }) => new Set(reports.map(({ trackId }) => trackId)).size === 2);
		expect(await pull.stop()).toBeUndefined();
		await camera.seen('TEARDOWN');
		await camera.seen('disconnected');
		const [announced] = pull.sink.announcements;
		expect(pull.sink.announcements).toHaveLength(1);
		expect(announced?.tracks.map(({ codec }) => codec)).toEqual(['h264', 'opus']);
		expect(announced?.connection).toMatchObject({ transport: 'tcp', remote: `127.0.0.1:${camera.port}` });
		expectUnbroken(pull);
	});

	it('is pulled over UDP when it refuses TCP, and at once the next time', async () => {
		const camera = await startCamera({ protocols: 'udp', audio: 'alaw' });
		const source = rtspSource(camera.url);
		const pull = new Pull(source);
		await pull.flowing(20);
		expect(pull.sink.announcements[0]?.connection).toMatchObject({
			transport: 'udp',
			reason: expect.stringContaining('461'),
		});
		expect(await pull.stop()).toBeUndefined();
		await camera.seen('TEARDOWN');
		expectUnbroken(pull);

		const refused = camera.count('response', 461);
		const again = new Pull(source);
		await again.flowing();
		expect(camera.count('response', 461)).toBe(refused);
		await again.stop();
	});

	it('is pulled over UDP when told so', async () => {
		const camera = await startCamera({ audio: 'opus' });
		const pull = new Pull(rtspSource(camera.url, { transport: 'udp' }));
		await pull.flowing(20);
		expect(pull.sink.announcements[0]?.connection.transport).toBe('udp');
		await pull.stop();
		expectUnbroken(pull);
	});

	it.each(['basic', 'digest'] as const)('gets its password by %s, and only when it asks', async (auth) => {
		const password = 'p@ss:"w%C3 ö';
		const camera = await startCamera({ auth, user: 'üser', password });
		const logger = new RecordingLogger();
		const source = rtspSource(camera.urlAs('üser', password), { logger });
		const pull = new Pull(source);
		await pull.flowing();
		await pull.stop();
		expect(camera.count('response', 401)).toBe(1);
		expect(source.label).toBe(camera.url);
		expect(logger.lines.join()).not.toContain('p@ss');
		expect(JSON.stringify(pull.sink.announcements)).not.toContain('üser');
	});

	it('takes the password apart from the URL', async () => {
		const camera = await startCamera({ auth: 'digest', user: 'user', password: 'secret' });
		const pull = new Pull(rtspSource(camera.url, { username: 'user', password: 'secret' }));
		await pull.flowing();
		await pull.stop();
	});

	it.each(['basic', 'digest'] as const)('refuses a wrong password after two tries by %s', async (auth) => {
		const camera = await startCamera({ auth });
		const pull = new Pull(rtspSource(camera.urlAs('user', 'CANARY')));
		const error = await pull.outcome;
		expect(error).toMatchObject({ code: 'camera_unauthorized', permanent: true });
		expect(`${error?.message} ${JSON.stringify(error)}`).not.toContain('CANARY');
		// The camera tells on a pipe of its own, maybe later than on the wire.
		await expect.poll(() => camera.count('response', 401)).toBe(2);
		expect(pull.sink.announcements).toEqual([]);
	});

	it('says that a password is missing after one try', async () => {
		const camera = await startCamera({ auth: 'digest' });
		const error = await new Pull(rtspSource(camera.url)).outcome;
		expect(error).toMatchObject({ code: 'camera_unauthorized', permanent: true });
		expect(error?.message).toContain('asks for a user name');
		await expect.poll(() => camera.count('response', 401)).toBe(1);
	});

	it('has no stream at another path', async () => {
		const camera = await startCamera();
		const error = await new Pull(rtspSource(`rtsp://127.0.0.1:${camera.port}/other`)).outcome;
		expect(error).toMatchObject({ code: 'camera_not_found', permanent: false });
	});

	it('ends the run when it dies', async () => {
		const camera = await startCamera();
		const pull = new Pull(rtspSource(camera.url));
		await pull.flowing();
		await camera.stop('SIGKILL');
		expect(await pull.outcome).toMatchObject({ code: 'camera_closed', permanent: false });
		const error = await new Pull(rtspSource(camera.url)).outcome;
		expect(error).toMatchObject({ code: 'camera_refused', permanent: false });
	});

	it('is let go within its bounds when it is frozen', async () => {
		const camera = await startCamera();
		const pull = new Pull(rtspSource(camera.url));
		await pull.flowing();
		camera.freeze();
		const from = performance.now();
		expect(await pull.stop()).toBeUndefined();
		expect(performance.now() - from).toBeLessThan(5000);
	});

	it('is kept alive over UDP beyond its session timeout', async () => {
		const camera = await startCamera({ sessionTimeout: 2 });
		const pull = new Pull(rtspSource(camera.url, { transport: 'udp' }));
		await pull.flowing();
		await camera.seen('GET_PARAMETER', 6, 20_000);
		const packets = pull.sink.packets.length;
		await pull.sink.until((sink) => sink.packets.length > packets + 20);
		expect(camera.count('session-removed')).toBe(0);
		await pull.stop();
	});

	it('is seen to be gone when it is frozen in the middle', async () => {
		const camera = await startCamera({ sessionTimeout: 2 });
		const pull = new Pull(rtspSource(camera.url, { responseTimeout: 1000 }));
		await pull.flowing();
		camera.freeze();
		expect(await pull.outcome).toMatchObject({ code: 'camera_timeout', permanent: false });
	});

	it('sees no answer as a timeout when it is frozen from the start', async () => {
		const camera = await startCamera();
		camera.freeze();
		const error = await new Pull(rtspSource(camera.url, { responseTimeout: 300 })).outcome;
		expect(error).toMatchObject({ code: 'camera_timeout', permanent: false });
	});
});
