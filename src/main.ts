#!/usr/bin/env node
import './cli/node-gate.ts';

import { networkInterfaces } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { systemClock } from './base/clock.ts';
import { silentLogger } from './base/logger.ts';
import { dualcast } from './cli/dualcast.ts';
import { readVersion } from './cli/version.ts';

// A reader that goes away (`dualcast | head`) must not end the gateway.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {});

// Packets pass through memory beside the heap, which V8 counts as growth of the heap. Left to itself it settles in some
// processes on a growth of a tenth between collections of everything, one or two a second (docs/decisions/0014).
setFlagsFromString('--heap-growing-percent=150');

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
		const { createCameraSource } = await import('./compose/camera-source.ts');
		return createCameraSource(camera, { clock: systemClock, logger: silentLogger, version: readVersion() });
	},
});
process.exit(exitCode);
