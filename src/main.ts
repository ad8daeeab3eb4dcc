#!/usr/bin/env node
import './heap.ts';
import { networkInterfaces } from 'node:os';
import { systemClock } from './base/clock.ts';
import { silentLogger } from './base/logger.ts';
import { dualcast } from './cli/dualcast.ts';
import { readVersion } from './cli/version.ts';

// A reader that goes away (`dualcast | head`) must not end the gateway.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

// No timer of the project holds the process; this one does until the exit code is known.
setInterval(() => {}, 2 ** 30);

const exitCode = await dualcast(process.argv.slice(2), {
	env: process.env,
	stdout: process.stdout,
	stderr: process.stderr,
	events: process,
	clock: systemClock,
	interfaces: networkInterfaces,
	version: readVersion,
	async startGateway(config, options) {
		// Loaded when it is needed: the other commands answer at once.
		const gateway = await import('./gateway.ts');
		return gateway.startGateway(config, options);
	},
	async openCamera(camera) {
		const { createCameraSource } = await import('./camera-source.ts');
		return createCameraSource(camera, { clock: systemClock, logger: silentLogger, version: readVersion() });
	},
});
process.exit(exitCode);
