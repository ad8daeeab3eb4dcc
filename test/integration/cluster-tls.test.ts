import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Scope } from '../../src/base/scope.ts';
import { nodeCredentials } from '../../src/cluster/life/credentials.ts';
import { rtspUrl } from '../../src/compose/cluster.ts';
import { type LifeParts, startClusterLife, startPullServer } from '../../src/compose/cluster-life.ts';
import { streamSettings } from '../../src/compose/streams.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { Config } from '../../src/config/schema.ts';
import type { CertificateFiles } from '../../src/http/certificate.ts';
import { readCertificate } from '../../src/http/certificate.ts';
import type { RtspServer } from '../../src/rtsp/server/server.ts';
import { startStreamServer } from '../../src/rtsp/server/stream-server.ts';
import { StreamRegistry } from '../../src/stream/registry.ts';
import { makeCertificate } from '../fakes/certificates.ts';
import { ScriptedSource, VIDEO_TRACK } from '../fakes/scripted-source.ts';
import { FakeCluster } from '../unit/cluster/life/fake-cluster.ts';

const SECRET = 'x'.repeat(32);
/** Of a picture of 640x480. */
const SPS = Buffer.from('6742c016d900a03db0110000030001000003001e0f162e48', 'hex');
const tools = { clock: systemClock, logger: silentLogger };

let scope: Scope;
let folder: string;
let files: CertificateFiles;
let other: CertificateFiles;

beforeEach(async () => {
	scope = new Scope();
	folder = await mkdtemp(join(tmpdir(), 'cluster-tls-'));
	files = await makeCertificate(folder, 'one');
	other = await makeCertificate(folder, 'other');
});
afterEach(async () => {
	await scope.close();
	await rm(folder, { recursive: true });
});

function settings(role: 'main' | 'sub', tls: object | null, secret = SECRET) {
	const cluster = { role, secret, rtsp_port: 0, tls };
	return parseConfig(JSON.stringify({ auth: { secret: SECRET }, cluster }), 'c.yaml', {});
}

function streams(): StreamRegistry {
	const registry = new StreamRegistry();
	scope.defer(() => registry.close());
	return registry;
}

/** A camera of one picture. */
function withCamera(config: Config): StreamRegistry {
	const source = new ScriptedSource();
	source.onRun = (run) => {
		run.announce([{ ...VIDEO_TRACK, parameterSets: { sps: SPS, pps: Uint8Array.of(0x68, 0xce, 0x3c, 0x80) } }]);
		run.picture(0, true, systemClock.now());
	};
	const registry = streams();
	registry.add({ ...streamSettings(config, systemClock), id: 'cam', source, onDemand: true, logger: silentLogger });
	return registry;
}

/** A main with that camera. */
async function startMain(tls: CertificateFiles | null, owner = 'main1'): Promise<RtspServer> {
	const config = settings('main', tls);
	const cluster = new FakeCluster('main1', 'main');
	cluster.own('cam', owner, 1);
	const registry = withCamera(config);
	const server = await startPullServer(config, () => cluster, registry, { ...tools, scope });
	if (!server) throw new Error('a main has a port for subs');
	return server;
}

/** A viewer of a sub. @returns what he sees first @throws why he sees nothing */
async function watch(url: string, tls: object | null, secret = SECRET): Promise<string> {
	const cluster = new FakeCluster('sub1', 'sub');
	cluster.set({ id: 'main1', role: 'main', rtsp: url });
	cluster.own('cam', 'main1', 1);
	const config = settings('sub', tls, secret);
	const registry = streams();
	const unused = { hls: undefined, auth: {}, proxies: undefined } as unknown as Pick<
		LifeParts,
		'hls' | 'auth' | 'proxies'
	>;
	const shared = { ...tools, scope, config, cluster, registry, version: '1' };
	await startClusterLife({ ...shared, ...unused, streamSettings: streamSettings(config, systemClock) });
	const { stream, release } = await registry.claim('cam');
	try {
		return await new Promise((resolve) => {
			const onUnit = (unit: { kind: string }) => resolve(unit.kind);
			stream.attach({ name: 'viewer', onTracks() {}, onUnit, onEnd: () => resolve('end') } as never, { replay: true });
		});
	} finally {
		release();
	}
}

describe('streams between nodes', () => {
	it('go over TLS where the main has a certificate that the sub believes', async () => {
		const { port } = await startMain(files);
		expect(await watch(`rtsps://127.0.0.1:${port}`, { ca: files.cert })).toBe('video');
	});

	it('are taken from each main whose authority is in the file', async () => {
		const ca = join(folder, 'both.pem');
		await writeFile(ca, Buffer.concat([await readFile(other.cert), await readFile(files.cert)]));
		const { port } = await startMain(files);
		expect(await watch(`rtsps://127.0.0.1:${port}`, { ca })).toBe('video');
	});

	it('go unencrypted where neither is told otherwise', async () => {
		const { port } = await startMain(null);
		expect(await watch(`rtsp://127.0.0.1:${port}`, null)).toBe('video');
	});

	it.each([
		[
			'another authority',
			'127.0.0.1',
			() => ({ ca: other.cert }),
			/SELF_SIGNED_CERT.*cluster\.tls\.ca must name the file/,
		],
		["the machine's authorities", 'localhost', () => ({}), /SELF_SIGNED_CERT/],
		[
			'the authority and another host',
			'127.0.0.2',
			() => ({ ca: files.cert }),
			/127\.0\.0\.2.*ERR_TLS_CERT_ALTNAME_INVALID/,
		],
	])('are not taken from a main whose certificate does not fit %s', async (_, host, tls, message) => {
		const { port } = await startMain(files);
		await expect(watch(`rtsps://${host}:${port}`, tls())).rejects.toMatchObject({
			code: 'camera_untrusted',
			message: expect.stringMatching(message),
		});
	});

	it('are never taken unencrypted by a sub that wants TLS', async () => {
		const main = await startMain(null);
		await expect(watch(`rtsp://127.0.0.1:${main.port}`, { ca: files.cert })).rejects.toMatchObject({
			code: 'camera_untrusted',
			message: expect.stringContaining('main main1 gives its streams unencrypted'),
		});
		expect(main.connections).toBe(0);
	});

	it('go on with another certificate when the old one is exchanged', async () => {
		const main = await startMain(files);
		main.use(await readCertificate(other));
		expect(await watch(`rtsps://127.0.0.1:${main.port}`, { ca: other.cert })).toBe('video');
	});

	it('are advertised as what they are', () => {
		const urls = [files, null].map((tls) => rtspUrl(settings('main', tls).cluster, 'main1', 8556));
		expect(urls).toEqual(['rtsps://main1:8556', 'rtsp://main1:8556']);
	});
});

describe('a node', () => {
	const OTHER = 'y'.repeat(32);

	it('logs in with a password that follows from the secret, the same in every version, and is not it', () => {
		expect(nodeCredentials(SECRET)).toEqual({
			...{ username: 'cluster', password: '40lNarrxx4OvQJxq04mJrFLD7-82_7CdU4Fr0_-_hIs' },
		});
		expect(nodeCredentials(OTHER).password).not.toBe(nodeCredentials(SECRET).password);
	});

	it('of another cluster gets nothing from a main', async () => {
		const { port } = await startMain(null);
		await expect(watch(`rtsp://127.0.0.1:${port}`, null, OTHER)).rejects.toMatchObject({ code: 'camera_unauthorized' });
	});

	it('takes nothing from a main that does not show that it knows the secret', async () => {
		const open = await startStreamServer({
			directory: withCamera(settings('main', null)),
			...{ host: '127.0.0.1', port: 0, udpPort: 'off', mtu: 1500, maxConnections: 9, credentials: undefined },
			...{ ...tools, randomBytes },
		});
		scope.defer(() => open.close());
		await expect(watch(`rtsp://127.0.0.1:${open.port}`, null)).rejects.toMatchObject({ code: 'camera_untrusted' });
	});

	it('gets a camera from the main that owns it alone', async () => {
		const { port } = await startMain(null, 'main2');
		await expect(watch(`rtsp://127.0.0.1:${port}`, null)).rejects.toThrow('502');
	});
});

describe('the port of a main with TLS', () => {
	it('answers nothing to plain RTSP', async () => {
		const { port } = await startMain(files);
		const client = connect(port, '127.0.0.1');
		let heard = '';
		client.on('data', (bytes) => (heard += bytes.toString('latin1')));
		client.on('error', () => {});
		client.write('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n');
		await once(client, 'close');
		expect(heard).not.toContain('RTSP');
	});

	it('closes with a client that never begins its handshake', async () => {
		const main = await startMain(files);
		const client = connect(main.port, '127.0.0.1');
		client.on('error', () => {});
		await once(client, 'connect');
		const gone = once(client, 'close');
		await main.close();
		await gone;
	}, 10_000);

	it('names the setting of a certificate that cannot be used', async () => {
		await expect(startMain({ ...files, key: other.key })).rejects.toThrow('cluster.tls.key:');
		await expect(watch('rtsps://127.0.0.1:9', { ca: '/none.pem' })).rejects.toThrow(
			'cluster.tls.ca: cannot read /none.pem',
		);
	});
});
