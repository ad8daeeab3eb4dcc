import { type AddressInfo, createServer } from 'node:net';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Member } from '../../src/cluster/member.ts';

/**
 * A main in a process of its own, to be killed or paused: it writes a line whenever it gets or loses the camera, and
 * when another main begins to watch it.
 */
const [url = '', id = '', stream = '', heartbeat = '', ttl = '', listens = ''] = process.argv.slice(2);

/** Where other mains see that the process is there. */
async function listen(): Promise<string> {
	const server = createServer((socket) => {
		socket.on('error', () => {});
		process.stdout.write('watched\n');
	}).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	return `rtsp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const member = new Member({
	id,
	role: 'main',
	http: `http://${id}.test`,
	rtsp: listens === 'listens' ? await listen() : undefined,
	capacity: 1,
	version: '1.2.3',
	redis: { url, prefix: 'test:' },
	heartbeat: Number(heartbeat),
	ttl: Number(ttl),
	offers: [stream],
	load: { streams: () => [], bitrate: () => 0, inUse: () => true },
	meter: { read: () => ({ cpu: 0, eventLoopDelay: 0 }), close: () => {} },
	clock: systemClock,
	logger: silentLogger,
	random: Math.random,
});

let told: number | undefined;
member.onChange(() => {
	const fence = member.holds(stream);
	if (fence === told) return;
	told = fence;
	process.stdout.write(`${fence ?? 'lost'}\n`);
});
