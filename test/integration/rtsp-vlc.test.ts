import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, copyFile, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../camera/free-port.ts';
import { Pull, rtspSource } from '../camera/pulled-source.ts';

let folder: string;
let vlc: ChildProcess;
let url: string;

beforeAll(async () => {
	// VLC refuses to run as root, and another user may not look into this folder.
	folder = await mkdtemp(join(tmpdir(), 'vlc-camera-'));
	const clip = join(folder, 'clip.mp4');
	await copyFile('assets/demo.mp4', clip);
	await chmod(clip, 0o644);
	await chmod(folder, 0o755);
	const port = await freePort();
	url = `rtsp://127.0.0.1:${port}/x`;
	const words = ['cvlc', '-I', 'dummy', '--loop', clip, '--sout', `#rtp{sdp=${url}}`];
	// Unlike runuser, setpriv becomes the program, which can then be ended by its id.
	const asNobody = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups', '--'];
	const [program = '', ...others] = userInfo().uid === 0 ? [...asNobody, ...words] : words;
	vlc = spawn(program, others, { stdio: 'ignore', env: { ...process.env, HOME: folder } });
	// The description is there a little later than the server.
	const deadline = performance.now() + 20_000;
	while (!(await say(port, 'DESCRIBE')).includes('m=video')) {
		if (performance.now() > deadline) throw new Error('VLC does not serve its clip');
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
});

afterAll(async () => {
	const gone = new Promise((resolve) => vlc.once('exit', resolve));
	if (vlc.exitCode === null && vlc.signalCode === null) {
		vlc.kill('SIGKILL');
		await gone;
	}
	await rm(folder, { recursive: true });
});

/** The answer to one request, as it is on the wire; empty when there is none. */
function say(port: number, method: string): Promise<string> {
	return new Promise((resolve) => {
		let text = '';
		const socket = connect(port, '127.0.0.1', () => socket.write(`${method} ${url} RTSP/1.0\r\nCSeq: 7\r\n\r\n`));
		const done = () => {
			clearTimeout(timer);
			socket.destroy();
			resolve(text);
		};
		const timer = setTimeout(done, 500);
		socket.on('error', done);
		socket.on('data', (chunk) => {
			text += chunk;
		});
	});
}

describe('VLC as a camera', () => {
	it('writes Cseq, and one payload type for sound and picture', async () => {
		const text = await say(Number(new URL(url).port), 'DESCRIBE');
		expect(text).toMatch(/^Cseq: 7\r$/m);
		expect(text.match(/^m=\w+ \d+ RTP\/AVP (\d+)\r$/gm)?.map((line) => line.trim().split(' ').at(-1))).toEqual([
			'96',
			'96',
		]);
	});

	it('is pulled over UDP after it refused TCP, and told goodbye', async () => {
		const pull = new Pull(rtspSource(url));
		await pull.flowing(100);
		const [announced] = pull.sink.announcements;
		expect(announced?.tracks.map(({ codec }) => codec).sort()).toEqual(['h264', 'opus']);
		expect(announced?.connection).toMatchObject({ transport: 'udp', reason: 'the camera refused TCP (461)' });
		for (const { id } of announced?.tracks ?? []) {
			const sequences = pull.sink.sequences(id);
			expect(sequences).toEqual(sequences.map((_, index) => ((sequences[0] ?? 0) + index) & 0xffff));
		}
		expect(await pull.stop()).toBeUndefined();
	});

	it('is named as the cause when only TCP is wanted', async () => {
		const error = await new Pull(rtspSource(url, { transport: 'tcp' })).outcome;
		expect(error).toMatchObject({ code: 'camera_unsupported', permanent: true });
	});
});
