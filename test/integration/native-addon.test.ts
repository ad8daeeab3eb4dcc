import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createCertificate } from '../../src/webrtc/transport/certificate.ts';
import { nativeAddon, secureTransports } from '../fakes/secure-transports.ts';
import { openViewer } from './webrtc-transport-client.ts';

const FILE = fileURLToPath(new URL('../../dist/native/transport.node', import.meta.url));
const RUN_MS = 60_000;
/** `MAX_RTCP_PER_TURN` and `MAX_QUEUED_RTCP` of native/core/limits.h. */
const RTCP_PER_TURN = 1024;
const QUEUED_RTCP = 16_384;
const DROPPED = 100;

/** A thread of Node that makes transports, lets them run and ends without stopping them. */
const THREAD = `
	const { workerData: [file, certificate, key] } = require('node:worker_threads');
	const transports = [1, 2, 3].map(() => require(file).createTransport(certificate, key, 2, true, () => {}));
	for (const transport of transports) transport.bind('127.0.0.1', 0);
	for (const transport of transports) transport.start();
	setImmediate(() => process.exit(0));
`;
const PROCESS = `
	const { Worker } = require('node:worker_threads');
	const [file, ...secrets] = process.argv.slice(1);
	const workerData = [file, ...secrets.map((each) => Buffer.from(each, 'base64'))];
	const next = (left) => {
		if (left === 0) return console.log('all ended');
		new Worker(${JSON.stringify(THREAD)}, { eval: true, workerData }).once('exit', () => next(left - 1));
	};
	next(5);
`;

/** Says how each thread is scheduled: 0 as usual, 3 as batch (sched(7)); field 41 of proc(5)'s stat. */
const SCHEDULING = `
	const { readdirSync, readFileSync } = require('node:fs');
	require(process.argv[1]);
	const policyOf = (thread) => {
		const stat = readFileSync('/proc/self/task/' + thread + '/stat', 'utf8');
		return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]);
	};
	const [loop, helpers] = [[process.pid], readdirSync('/proc/self/task').filter((each) => Number(each) !== process.pid)];
	console.log(JSON.stringify({ loop: loop.map(policyOf), helpers: helpers.map(policyOf) }));
`;

describe.skipIf(nativeAddon === undefined)('the addon', () => {
	it('ends the transports of a thread of Node that ends', { timeout: RUN_MS }, async () => {
		const { der, privateKey } = createCertificate(Date.now());
		const key = privateKey.export({ format: 'der', type: 'pkcs8' });
		const secrets = [der, key].map((each) => each.toString('base64'));
		const { stdout } = await promisify(execFile)(process.execPath, ['-e', PROCESS, FILE, ...secrets], {
			timeout: RUN_MS,
		});
		expect(stdout).toBe('all ended\n');
	});

	it('lets no helper thread of Node take the processor from the loop', async () => {
		const { stdout } = await promisify(execFile)(process.execPath, ['-e', SCHEDULING, FILE], { timeout: RUN_MS });
		const { loop, helpers } = JSON.parse(stdout) as { loop: number[]; helpers: number[] };
		expect(loop).toEqual([0]);
		expect(helpers.length).toBeGreaterThan(0);
		expect(new Set(helpers)).toEqual(new Set([3]));
	});

	it('S9: lets the loop go round in a storm of RTCP, and hands all of it over', { timeout: RUN_MS }, async () => {
		const transport = await secureTransports
			.find(({ name }) => name === 'native')
			?.create({
				udpPort: 0,
				tcpPort: undefined,
				additionalHosts: [],
				clock: systemClock,
				logger: silentLogger,
				maxPeers: 1,
			});
		if (!transport) throw new Error('no native transport');
		const { track, rtcp, connection } = await openViewer(transport);
		await vi.waitFor(() => expect(track.isOpen()).toBe(true), { timeout: 5000 });
		const report = Buffer.from('80c9000100000007', 'hex');
		// The loop is held until so much waits that each report is dropped; a few strays may have another cause.
		const { strayDatagrams } = transport.counters();
		while (transport.counters().strayDatagrams < strayDatagrams + DROPPED) track.sendMessageBinary(report);
		const perTurn: number[] = [];
		for (let seen = rtcp.length; seen < QUEUED_RTCP; ) {
			await setImmediate();
			perTurn.push(rtcp.length - seen);
			seen = rtcp.length;
		}
		// A wake and what was left over may come in the same turn.
		expect(Math.max(...perTurn)).toBeLessThanOrEqual(2 * RTCP_PER_TURN);
		connection.close();
		await transport.close();
	});
});
