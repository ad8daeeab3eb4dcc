import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createCertificate } from '../../src/webrtc/transport/certificate.ts';
import { nativeAddon } from '../fakes/secure-transports.ts';

const FILE = fileURLToPath(new URL('../../dist/native/transport.node', import.meta.url));
const RUN_MS = 60_000;

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
});
