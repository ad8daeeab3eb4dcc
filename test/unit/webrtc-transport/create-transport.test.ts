import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import { createTransport, type TransportChoice } from '../../../src/webrtc/transport/create-transport.ts';
import type { SecureTransport } from '../../../src/webrtc/transport/secure-transport.ts';
import { nativeAddon } from '../../fakes/secure-transports.ts';

const lines: unknown[][] = [];
const logger: Logger = { ...silentLogger, info: (...line: unknown[]) => void lines.push(line) };
const missing = () => 'it is not built';
let made: SecureTransport | undefined;

afterEach(async () => {
	lines.length = 0;
	await made?.close();
});

async function choose(choice: Pick<TransportChoice, 'transport' | 'threads' | 'load'>): Promise<string> {
	made = await createTransport({
		...choice,
		host: '127.0.0.1',
		udpPort: 0,
		additionalHosts: [],
		clock: systemClock,
		logger,
		maxPeers: 1,
	});
	return made.name;
}

describe('createTransport', () => {
	it('takes TypeScript where the native one is not built, and says so in one line', async () => {
		expect(await choose({ transport: 'auto', load: missing })).toBe('typescript');
		expect(lines).toEqual([[{ transport: 'typescript', reason: 'it is not built' }, expect.any(String)]]);
	});

	it('does not look for the native one when TypeScript is chosen', async () => {
		const load = () => {
			throw new Error('looked for');
		};
		expect(await choose({ transport: 'typescript', load })).toBe('typescript');
		expect(lines).toEqual([[{ transport: 'typescript' }, expect.any(String)]]);
	});

	it('refuses to start when the native one is chosen and cannot be had', async () => {
		await expect(choose({ transport: 'native', load: missing })).rejects.toThrow(
			'webrtc.transport is native, and it is not built',
		);
	});

	it.skipIf(nativeAddon === undefined)('takes the native one where it is built', async () => {
		expect(await choose({ transport: 'auto', threads: 3 })).toBe('native');
		const gcm = expect.stringMatching(/^(intel-ipsec-mb|OpenSSL) \d/);
		expect(lines).toEqual([[{ transport: 'native', threads: 3, gcm }, expect.any(String)]]);
	});

	it.skipIf(nativeAddon === undefined)("has the system's error when the port is taken, whichever it is", async () => {
		await choose({ transport: 'native' });
		const first = made as SecureTransport;
		const options = {
			host: '127.0.0.1',
			udpPort: first.port,
			additionalHosts: [],
			clock: systemClock,
			logger,
			maxPeers: 1,
		};
		for (const transport of ['native', 'typescript'] as const) {
			await expect(createTransport({ ...options, transport })).rejects.toMatchObject({
				code: 'EADDRINUSE',
				syscall: 'bind',
				port: first.port,
			});
		}
	});
});
