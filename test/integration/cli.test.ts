import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const DEADLINE_MS = 30_000;

let folder: string;
const children = new Set<ChildProcess>();

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'dualcast-cli-'));
});
afterEach(async () => {
	for (const child of children) {
		if (child.exitCode !== null || child.signalCode !== null) continue;
		child.kill('SIGKILL');
		await once(child, 'exit');
	}
	children.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The command from its sources, with what it wrote so far. */
function dualcast(...args: string[]) {
	const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts', ...args], {
		stdio: ['ignore', 'pipe', 'pipe'],
	});
	children.add(child);
	let out = '';
	let err = '';
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		out += text;
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		err += text;
	});
	const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }));
	return {
		child,
		ended,
		err: () => err,
		/** The address it says to open. */
		async ready(): Promise<string> {
			const signal = AbortSignal.timeout(DEADLINE_MS);
			for (;;) {
				const url = /^Dualcast is ready: (\S+)$/m.exec(out)?.[1];
				if (url) return url;
				await Promise.race([
					once(child.stdout, 'data', { signal }),
					ended.then(() => Promise.reject(new Error(`it ended: ${err}`))),
				]);
			}
		},
	};
}

function configFile(name: string, text: string): string {
	const file = join(folder, name);
	writeFileSync(file, `server: { host: 127.0.0.1, port: 0 }\nhls: { output_dir: "${join(folder, 'hls')}" }\n${text}`);
	return file;
}

describe('the command', () => {
	it('checks a configuration', async () => {
		const good = configFile('good.yaml', 'streams: { a: demo }\n');
		expect(await dualcast('config', 'check', good).ended).toMatchObject({ code: 0, err: '' });
		const bad = configFile('bad.yaml', 'webrtc: { udp_prt: 1 }\n');
		const { code, err } = await dualcast('config', 'check', bad).ended;
		expect(code).toBe(2);
		expect(err).toContain(`${bad}:3:11: webrtc.udp_prt: unknown key`);
	});

	it('refuses a bad configuration with 2', async () => {
		const { code, out, err } = await dualcast('--config', configFile('bad2.yaml', 'streams: { a: "http://x" }\n'))
			.ended;
		expect({ code, out }).toEqual({ code: 2, out: '' });
		expect(err.trimEnd().split('\n')).toHaveLength(1);
	});

	it('says which port is taken, TCP or UDP, and ends with 1', async () => {
		const tcp = createServer().listen(0, '127.0.0.1');
		await once(tcp, 'listening');
		const udp = createSocket('udp4').bind(0);
		await once(udp, 'listening');
		const tcpPort = (tcp.address() as AddressInfo).port;
		const udpPort = udp.address().port;
		try {
			const config = configFile('ports.yaml', `webrtc: { udp_port: ${udpPort} }\nlog: { level: error }\n`);
			const first = await dualcast('--config', config, '--port', String(tcpPort)).ended;
			expect(first).toMatchObject({ code: 1, out: '' });
			expect(first.err).toMatch(new RegExp(`^dualcast: TCP port ${tcpPort} \\(server\\.port\\) is in use.*\\n$`));
			const second = await dualcast('--config', config).ended;
			expect(second).toMatchObject({ code: 1, out: '' });
			expect(second.err).toMatch(new RegExp(`^dualcast: UDP port ${udpPort} \\(webrtc\\.udp_port\\) is in use.*\\n$`));
		} finally {
			tcp.close();
			udp.close();
		}
	});

	it.each(['SIGINT', 'SIGTERM'] as const)('serves until %s, then ends cleanly', async (signal) => {
		const gateway = dualcast('--config', configFile('serve.yaml', 'webrtc: { udp_port: 0 }\nstreams: { a: demo }\n'));
		const url = await gateway.ready();
		const live = await fetch(new URL('/livez', url));
		expect(live.status).toBe(200);
		expect(await (await fetch(new URL('/api/v1/streams', url))).json()).toMatchObject([{ id: 'a', state: 'idle' }]);
		gateway.child.kill(signal);
		expect(await gateway.ended).toMatchObject({ code: 0 });
	});

	it('never shows a camera password, in answers or at the loudest log', async () => {
		const refusing = createServer().listen(0, '127.0.0.1');
		await once(refusing, 'listening');
		const { port } = refusing.address() as AddressInfo;
		refusing.close();
		const config = configFile(
			'canary.yaml',
			`webrtc: { udp_port: 0 }
on_demand: { start_timeout: 2s }
streams:
  short: "rtsp://CANARY:CANARY@127.0.0.1:${port}/x?token=CANARY"
  long: { source: "rtsp://127.0.0.1:${port}/x", username: CANARY, password: CANARY, on_demand: false }
`,
		);
		const gateway = dualcast('--config', config, '--log-level', 'debug');
		const url = await gateway.ready();
		const offer = { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: OFFER };
		const whep = await fetch(new URL('/whep/short', url), offer);
		expect(whep.status).toBe(409);
		const answers = [await whep.text()];
		expect(answers[0]).toContain('camera_refused');
		const paths = ['streams', 'streams/short', 'streams/short/stats', 'streams/long', 'hls/streams', 'webrtc/sessions'];
		for (const path of paths) {
			const answer = await fetch(new URL(`/api/v1/${path}`, url));
			expect(answer.status).toBe(200);
			answers.push(await answer.text());
		}
		answers.push(await (await fetch(new URL('/hls/short/index.m3u8', url))).text());
		gateway.child.kill('SIGTERM');
		const { code, out, err } = await gateway.ended;
		expect(code).toBe(0);
		expect(err).toContain('camera_refused');
		for (const secret of ['CANARY', Buffer.from('CANARY:CANARY').toString('base64')]) {
			expect([...answers, out, err].join('\n')).not.toContain(secret);
		}
	});
});

const OFFER = [
	'v=0',
	'o=- 1 1 IN IP4 127.0.0.1',
	's=-',
	't=0 0',
	'a=group:BUNDLE 0',
	'm=video 9 UDP/TLS/RTP/SAVPF 96',
	'c=IN IP4 0.0.0.0',
	'a=mid:0',
	'a=recvonly',
	'a=ice-ufrag:abcd',
	'a=ice-pwd:abcdefghijklmnopqrstuvwx',
	`a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
	'a=setup:actpass',
	'a=rtcp-mux',
	'a=rtpmap:96 H264/90000',
	'a=fmtp:96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
	'',
].join('\r\n');
