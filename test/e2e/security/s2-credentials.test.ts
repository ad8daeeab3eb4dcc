import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FakeCamera, status } from '../../camera/fake-camera.ts';
import { freePort } from '../../camera/free-port.ts';
import { GstCamera } from '../../camera/gst-camera.ts';
import { type RunningGateway, startGateway } from '../harness/gateway.ts';
import { eventually } from '../harness/wait.ts';
import { WhepReceiver } from '../harness/whep-receiver.ts';

const MAIN = new URL('../../../dist/main.js', import.meta.url).pathname;
const USER = 'viewer';
/** With what has to be escaped somewhere. */
const PASSWORD = 'CANARY-1 p@ss:w/o%72d?&=#"<';
const WRONG = 'CANARY-2 wr/ong+';
const API_KEY = 'CANARY-3 the key of the school, long enough';
const SECRET = 'CANARY-4 that signs tokens, and nobody knows it';
const RTSP_PASSWORD = 'CANARY-5 of the RTSP server';
const HOOK = 'CANARY-6';

/** Every form in which a secret may stand somewhere. */
function formsOf(secret: string): string[] {
	const base64 = [0, 1, 2].map((shift) => {
		const text = Buffer.concat([Buffer.alloc(shift, 'x'), Buffer.from(secret)]).toString('base64');
		// What does not depend on what stands before and behind.
		return text.slice(shift === 0 ? 0 : 4, -4);
	});
	return [
		secret,
		'CANARY',
		encodeURIComponent(secret),
		encodeURI(secret),
		JSON.stringify(secret).slice(1, -1),
		Buffer.from(secret).toString('hex'),
		...base64,
		...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
		Buffer.from(`${USER}:${secret}`).toString('base64'),
		encodeURIComponent(Buffer.from(`${USER}:${secret}`).toString('base64')),
	].filter((form) => form.length > 5);
}

const FORMS = [PASSWORD, WRONG, API_KEY, SECRET, RTSP_PASSWORD, HOOK].flatMap(formsOf);

function expectClean(text: string, where: string): void {
	for (const form of FORMS)
		expect(text.includes(form), `${form} stands in ${where}:\n${text.slice(0, 4000)}`).toBe(false);
}

let digest: GstCamera;
let basic: GstCamera;
let redirecting: FakeCamera;
let echoing: FakeCamera;
let gateway: RunningGateway;
let rtspPort: number;

beforeAll(async () => {
	const small = { width: 320, height: 240, protocols: 'tcp', user: USER, password: PASSWORD } as const;
	[digest, basic, rtspPort] = await Promise.all([
		GstCamera.start({ ...small, auth: 'digest' }),
		GstCamera.start({ ...small, auth: 'basic' }),
		freePort(),
	]);
	redirecting = await FakeCamera.start({
		on: {
			DESCRIBE: (request) =>
				status(request, 302, {
					Location: `http://${USER}:${encodeURIComponent(PASSWORD)}@192.0.2.1/?password=${HOOK}`,
				}),
		},
	});
	echoing = await FakeCamera.start({
		on: {
			DESCRIBE: (request) => {
				const authorization = request.headers.get('Authorization') ?? '';
				const head = `RTSP/1.0 401 ${authorization}\r\nCSeq: ${request.headers.get('CSeq')}\r\n`;
				return `${head}WWW-Authenticate: Basic realm="${authorization}"\r\nServer: ${authorization}\r\n\r\n`;
			},
		},
	});
	const [login, wrong] = [PASSWORD, WRONG].map((password) => `${USER}:${encodeURIComponent(password)}@`);
	const at = (camera: { url: string }, who = '') => camera.url.replace('rtsp://', `rtsp://${who}`);
	const nobody = await freePort();
	gateway = await startGateway(`
log: { level: debug }
webrtc: { udp_port: 0 }
hls: { output_dir: files }
probe: { local: true }
auth:
  secret: ${JSON.stringify(SECRET)}
  api_keys: [${JSON.stringify(API_KEY)}]
rtsp_server: { enabled: true, host: 127.0.0.1, port: ${rtspPort}, udp: false, username: ${USER}, password: ${JSON.stringify(RTSP_PASSWORD)} }
streams:
  digest: { source: "${at(digest)}", username: ${USER}, password: ${JSON.stringify(PASSWORD)} }
  basic: "${at(basic, login)}"
  wrong: "${at(digest, wrong)}"
  down: "rtsp://${login}127.0.0.1:${nobody}/x?password=${HOOK}&token=${HOOK}"
  unknown: "rtsps://${login}no-such-host.invalid/x"
  redirecting: "${at(redirecting, login)}"
  echoing: "${at(echoing, login)}"
`);
});

afterAll(async () => {
	await gateway?.stop();
	await Promise.all([digest?.stop(), basic?.stop(), redirecting?.close(), echoing?.close()]);
});

async function answerOf(path: string, init: RequestInit = {}): Promise<string> {
	const response = await fetch(`${gateway.url}${path}`, init);
	const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
	return `${response.status}\n${head}\n\n${Buffer.from(await response.arrayBuffer()).toString('latin1')}`;
}

const IDS = ['digest', 'basic', 'wrong', 'down', 'unknown', 'redirecting', 'echoing'];

describe('S2 a password', () => {
	test('S2 opens the camera, and stands in no playlist, segment, SDP or answer of the API', async () => {
		const viewers = await Promise.all(['digest', 'basic'].map((id) => WhepReceiver.join(`${gateway.url}/whep/${id}`)));
		for (const { answer } of viewers) expectClean(answer, 'an SDP answer');
		for (const id of IDS) {
			for (const file of ['index.m3u8', 'll.m3u8', 'master.m3u8']) {
				const playlist = await answerOf(`/hls/${id}/${file}`);
				expect(playlist.startsWith('200'), playlist).toBe(id === 'digest' || id === 'basic');
				expectClean(playlist, `/hls/${id}/${file}`);
				for (const segment of playlist.matchAll(/^[\w-]+\.(?:ts|mp4|m4s)$/gm)) {
					expectClean(await answerOf(`/hls/${id}/${segment[0]}`), segment[0]);
				}
			}
			expectClean(await answerOf(`/api/v1/streams/${id}`), `the view of ${id}`);
			expectClean(await answerOf(`/api/v1/streams/${id}/stats`), `the statistics of ${id}`);
			expectClean(await answerOf(`/api/v1/hls/streams/${id}`), `the HLS view of ${id}`);
			expectClean(await answerOf(`/watch/${id}`), `the page of ${id}`);
			const offer = { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: 'v=0' };
			expectClean(await answerOf(`/whep/${id}`, offer), `the WHEP answer of ${id}`);
		}
		const overviews = ['/api/v1/streams', '/api/v1/hls/streams', '/api/v1/webrtc/sessions', '/api/openapi.json', '/'];
		for (const path of [...overviews, '/livez', '/readyz', '/metrics']) expectClean(await answerOf(path), path);
		for (const viewer of viewers) await viewer.leave();
	});

	test('S2 that is probed with stands in no answer, good or bad', async () => {
		const [login, wrong] = [PASSWORD, WRONG].map((password) => `${USER}:${encodeURIComponent(password)}@`);
		const bodies: object[] = [
			{ source: digest.url, username: USER, password: PASSWORD },
			{ source: digest.url.replace('//', `//${wrong}`) },
			{ source: redirecting.url.replace('//', `//${login}`) },
			{ source: echoing.url.replace('//', `//${login}`) },
			{ source: `rtsp://${login}no-such-host.invalid/` },
			{ source: `rtsp://${login}[broken/` },
			{ source: `http://${login}192.0.2.1/` },
			{ source: 'rtsp://192.0.2.1/', password: PASSWORD },
			{ source: 'rtsp://192.0.2.1/', username: USER, password: { text: PASSWORD } },
			{ source: digest.url, username: USER, password: PASSWORD, [PASSWORD]: 1 },
		];
		for (const body of bodies) {
			const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
			const answer = await answerOf('/api/v1/probe', init);
			// The name of a key is the caller's own text, but it is not repeated either.
			expectClean(answer, 'the answer to a probe');
		}
		const broken = { method: 'POST', headers: { 'content-type': 'application/json' }, body: `{"source": "${WRONG}` };
		expectClean(await answerOf('/api/v1/probe', broken), 'the answer to broken JSON');
	});

	test('S2 stands in no answer of the RTSP server', async () => {
		const read = (credentials: string): Promise<string> =>
			new Promise((resolve) => {
				const url = `rtsp://${credentials}127.0.0.1:${rtspPort}/digest`;
				execFile('ffprobe', ['-v', 'trace', '-rtsp_transport', 'tcp', url], (_failure, out, err) => {
					// Its own command line is repeated; what the server said is not.
					resolve(`${out}${err}`.replaceAll(url, '').replaceAll(encodeURIComponent(RTSP_PASSWORD), ''));
				});
			});
		const refused = await read(`${USER}:wrong@`);
		expect(refused).toContain('401');
		expectClean(refused, 'what the RTSP server refused with');
	});

	test('S2 stands in no line of the log, on the disk or in the list of processes', async () => {
		expectClean(gateway.output(), 'the log at level debug');
		expect(gateway.output()).toContain('camera connected');
		let files = 0;
		for (const file of await readdir(join(gateway.directory, 'files'), { recursive: true, withFileTypes: true })) {
			if (!file.isFile()) continue;
			// The gateway goes on writing: what was renamed or removed meanwhile is not there any more.
			const content = await readFile(join(file.parentPath, file.name), 'latin1').catch(() => undefined);
			if (content === undefined) continue;
			expectClean(content, file.name);
			files++;
		}
		expect(files).toBeGreaterThan(0);
		for (const name of ['cmdline', 'comm', 'status']) {
			expectClean(await readFile(`/proc/${gateway.process.pid}/${name}`, 'latin1'), `/proc/…/${name}`);
		}
	});

	test('S2 stands in no complaint about the configuration', async () => {
		const folder = gateway.directory;
		const configs = [
			`streams: { cam: "http://${USER}:${PASSWORD.replace(/["#]/g, '')}@192.0.2.1/" }`,
			`streams: { cam: { source: "rtsp://192.0.2.1/", username: ${USER}, password: [${JSON.stringify(PASSWORD)}] } }`,
			`streams: { cam: { source: "rtsp://${USER}:x@192.0.2.1/", password: ${JSON.stringify(PASSWORD)} } }`,
			`auth: { secret: "CANARY" }`,
			`auth: { api_keys: [${JSON.stringify(API_KEY)}, 5] }`,
			`auth: { class_codes: { ${JSON.stringify(WRONG)}: nobody } }`,
			`streams: { cam: "rtsp://${USER}:${encodeURIComponent(PASSWORD)}@" }`,
			`streams: { cam: "rtsp://${USER}:${encodeURIComponent(PASSWORD)}@192.0.2.1/`,
		];
		for (const [index, text] of configs.entries()) {
			const file = join(folder, `broken-${index}.yaml`);
			await writeFile(file, text);
			const said = await new Promise<string>((resolve) => {
				execFile(process.execPath, [MAIN, 'config', 'check', file], (_failure, out, err) => resolve(out + err));
			});
			expect(said, text).toMatch(/\S/);
			expectClean(said, `what is said about ${text}`);
		}
	});
});

describe('S2 a token', () => {
	test('S2 in an address stands in no line of the log, and the pages send no address on', async () => {
		const guarded = await startGateway(`
log: { level: debug }
webrtc: { udp_port: 0 }
auth: { read: jwt, secret: ${JSON.stringify(SECRET)}, api_keys: [${JSON.stringify(API_KEY)}] }
streams: { demo: demo }
`);
		try {
			const issued = await fetch(`${guarded.url}/api/token?user_id=ann&stream=demo`, {
				method: 'POST',
				headers: { 'x-api-key': API_KEY },
			});
			const { token } = (await issued.json()) as { token: string };
			const signature = token.split('.')[2] as string;
			const forged = `${token.slice(0, -signature.length)}${signature.toUpperCase()}`;
			const viewer = await WhepReceiver.join(`${guarded.url}/whep/demo?jwt=${token}`);
			for (const [parameter, value] of [
				['jwt', token],
				['token', token],
				['jwt', forged],
				['token', `${token}.${token}`],
			]) {
				for (const path of [
					'/watch/demo',
					'/hls/demo/index.m3u8',
					'/hls/demo/none.ts',
					'/api/v1/streams',
					'/nothing',
					'/%ff',
				]) {
					const response = await fetch(`${guarded.url}${path}?${parameter}=${value}`);
					const body = await response.text();
					if (response.status >= 400) expect(body).not.toContain(signature);
					if (path.startsWith('/watch')) {
						expect(response.headers.get('referrer-policy')).toBe('no-referrer');
						expect(body).not.toContain(signature);
					}
				}
			}
			await viewer.leave();
			await eventually(
				() => guarded.output(),
				(text) => text.includes('"viewer"') || text.includes('viewer'),
				5_000,
			);
			expect(guarded.output()).not.toContain(signature);
			expect(guarded.output()).not.toContain(signature.toUpperCase());
			expect(guarded.output()).not.toContain(token.split('.')[1]);
			expectClean(guarded.output(), 'the log');
		} finally {
			await guarded.stop();
		}
	});
});
