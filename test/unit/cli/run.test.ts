import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { dualcast } from '../../../src/cli/dualcast.ts';
import type { Surroundings } from '../../../src/cli/run.ts';
import { explainStartFailure } from '../../../src/cli/start-failure.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Config } from '../../../src/config/schema.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';

type Start = Surroundings['startGateway'];

class Events extends EventEmitter {
	readonly exits: number[] = [];
	exit(code: number) {
		this.exits.push(code);
	}
}

function surroundings(startGateway: Start) {
	let out = '';
	let err = '';
	const events = new Events();
	const clock = new VirtualClock();
	const around: Surroundings = {
		env: {},
		stdout: { write: (text) => (out += text) },
		stderr: { write: (text) => (err += text) },
		events,
		clock,
		interfaces: () => ({
			lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
			eth0: [
				{ address: '192.0.2.5', family: 'IPv4', internal: false },
				{ address: 'fe80::1', family: 'IPv6', internal: false },
			],
		}),
		version: () => '1.2.3',
		startGateway,
		openCamera: () => Promise.reject(new Error('not expected')),
	};
	return { around, events, clock, out: () => out, err: () => err };
}

function gateway(close: () => Promise<void>): Start {
	return async (config) => ({
		url: `http://localhost:${config.server.port}/`,
		httpPort: config.server.port,
		udpPort: undefined,
		close,
	});
}

const noGateway: Start = () => Promise.reject(new Error('not expected'));

async function until(condition: () => boolean): Promise<void> {
	while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('dualcast', () => {
	it.each([
		[['--version'], 0, /^1\.2\.3\n$/],
		[['--help'], 0, /^Dualcast: /],
		[['config', 'check'], 0, /^configs\/config\.yaml is good: 1 stream, HTTP on 0\.0\.0\.0:8107, HLS on, WebRTC on/],
	])('%j answers on standard output', async (args, code, output) => {
		const { around, out, err } = surroundings(noGateway);
		expect(await dualcast(args, around)).toBe(code);
		expect(out()).toMatch(output);
		expect(err()).toBe('');
	});

	it.each([
		[['--nonsense'], /^dualcast: Unknown option '--nonsense'; see dualcast --help\n$/],
		[['--config', '/no/such/file'], /^\/no\/such\/file: there is no such file/],
		[['config', 'check', '/no/such/file'], /^\/no\/such\/file: there is no such file/],
		[['config', 'check', 'package.json'], /^package\.json:2:2: name: unknown key/],
	])('%j ends with 2 and says why', async (args, output) => {
		const { around, out, err } = surroundings(noGateway);
		expect(await dualcast(args, around)).toBe(2);
		expect(err()).toMatch(output);
		expect(out()).toBe('');
	});

	it('starts with the settings of the command line and says where to look', async () => {
		let started: Config | undefined;
		const { around, out, events } = surroundings(async (config, options) => {
			started = config;
			expect(options.version).toBe('1.2.3');
			return gateway(async () => {})(config, options);
		});
		const ended = dualcast(['--port', '9000', '--log-level', 'error'], around);
		await until(() => out() !== '');
		events.emit('SIGTERM');
		expect(await ended).toBe(0);
		expect(started?.server.port).toBe(9000);
		expect(started?.log.level).toBe('error');
		expect(out()).toBe('Dualcast is ready: http://localhost:9000/\n  from other machines: http://192.0.2.5:9000/\n');
	});

	it('waits for the gateway to close', async () => {
		let finish = () => {};
		const closing = new Promise<void>((resolve) => {
			finish = resolve;
		});
		const { around, out, events } = surroundings(gateway(() => closing));
		let code: number | undefined;
		const ended = dualcast([], around).then((result) => {
			code = result;
		});
		await until(() => out() !== '');
		events.emit('SIGINT');
		await new Promise((resolve) => setImmediate(resolve));
		expect(code).toBeUndefined();
		finish();
		await ended;
		expect(code).toBe(0);
		expect(events.exits).toEqual([]);
	});

	it('closes a gateway that was still starting when the signal came', async () => {
		let closed = false;
		let begin = () => {};
		const beginning = new Promise<void>((resolve) => {
			begin = resolve;
		});
		const { around, events } = surroundings(async (...parameters) => {
			await beginning;
			return gateway(async () => {
				closed = true;
			})(...parameters);
		});
		const ended = dualcast([], around);
		await until(() => events.listenerCount('SIGTERM') > 0);
		events.emit('SIGTERM');
		begin();
		expect(await ended).toBe(0);
		expect(closed).toBe(true);
	});

	it('ends at once on a second signal', async () => {
		const { around, out, events } = surroundings(gateway(() => new Promise(() => {})));
		void dualcast([], around);
		await until(() => out() !== '');
		events.emit('SIGTERM');
		events.emit('SIGINT');
		expect(events.exits).toEqual([130]);
	});

	it('gives up closing after 10 s', async () => {
		const { around, out, err, events, clock } = surroundings(gateway(() => new Promise(() => {})));
		const ended = dualcast([], around);
		await until(() => out() !== '');
		events.emit('SIGTERM');
		await until(() => err().includes('stopping'));
		await clock.advance(10_000);
		expect(await ended).toBe(1);
		expect(err()).toContain('not everything was closed within 10 s');
	});

	it('closes and ends with 1 after an error nobody caught, or when closing fails', async () => {
		const crash = surroundings(gateway(async () => {}));
		const crashed = dualcast([], crash.around);
		await until(() => crash.out() !== '');
		crash.events.emit('uncaughtException', new Error('rtsp://u:CANARY@h/ broke'));
		expect(await crashed).toBe(1);
		expect(crash.err()).toContain('rtsp://***@h/ broke');

		const failing = surroundings(gateway(() => Promise.reject(new Error('stuck'))));
		const failed = dualcast([], failing.around);
		await until(() => failing.out() !== '');
		failing.events.emit('SIGTERM');
		expect(await failed).toBe(1);
	});
});

describe('a gateway that does not start', () => {
	const config = parseConfig('webrtc: { tcp_port: 8190 }', 'c.yaml', {});
	const failure = (facts: object) => Object.assign(new Error('rtsp://u:CANARY@h failed'), facts);

	it('ends with 1 and one line', async () => {
		const { around, out, err } = surroundings(() =>
			Promise.reject(failure({ code: 'EADDRINUSE', syscall: 'listen', port: 8107 })),
		);
		expect(await dualcast(['--log-level', 'error'], around)).toBe(1);
		expect(out()).toBe('');
		expect(err()).toBe(
			'dualcast: TCP port 8107 (server.port) is in use; stop the program that has it, or choose another one with --port or server.port\n',
		);
	});

	it.each([
		[{ code: 'EADDRINUSE', syscall: 'bind', port: 8189 }, 'UDP port 8189 (webrtc.udp_port) is in use; stop'],
		[{ code: 'EADDRINUSE', syscall: 'listen', port: 8190 }, 'TCP port 8190 (webrtc.tcp_port) is in use; stop'],
		[{ code: 'EACCES', syscall: 'listen', port: 8107 }, 'TCP port 8107 (server.port) may not be opened by this user'],
		[{ code: 'EADDRNOTAVAIL', syscall: 'listen' }, 'this machine has no address 0.0.0.0 (server.host)'],
		[{ cause: failure({ code: 'EADDRINUSE', syscall: 'bind', port: 8189 }) }, 'UDP port 8189'],
		[{}, 'rtsp://***@h failed'],
	])('is explained: %j', (facts, message) => {
		expect(explainStartFailure(failure(facts), config)).toContain(message);
	});
});
