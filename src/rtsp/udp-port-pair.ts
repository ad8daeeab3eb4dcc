import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';

/** Two sockets: an even port for RTP and the next one for RTCP (RFC 3550 section 11). */
export type UdpPortPair = { readonly rtp: Socket; readonly rtcp: Socket; readonly port: number };

const MAX_TRIES = 32;
/** A key frame of a 4K camera comes in one burst. */
const RECEIVE_BUFFER = 2 * 1024 * 1024;

/**
 * Takes a pair of ports, by default from the system. Datagrams that cannot be sent or received are lost, as on any
 * network: what it refuses (ICMP) shows as media that does not come.
 *
 * @param address local, numeric
 * @param wanted the even one of two ports; 0 takes those that are free
 * @throws the last error of binding when there is none
 */
export async function openUdpPortPair(address: string, wanted = 0): Promise<UdpPortPair> {
	if (wanted !== 0) return bindPair(address, wanted);
	let failure: unknown;
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		let rtp: Socket | undefined;
		try {
			rtp = await bind(address, 0);
			const { port } = rtp.address();
			if (port % 2 === 0) return { rtp, rtcp: await bind(address, port + 1), port };
		} catch (thrown) {
			failure = thrown;
		}
		rtp?.close();
	}
	throw failure ?? new Error('no even UDP port is free');
}

async function bindPair(address: string, port: number): Promise<UdpPortPair> {
	const rtp = await bind(address, port);
	try {
		return { rtp, rtcp: await bind(address, port + 1), port };
	} catch (failure) {
		rtp.close();
		throw failure;
	}
}

function bind(address: string, port: number): Promise<Socket> {
	const family = isIPv6(address) ? 6 : 4;
	const socket = createSocket({
		type: family === 6 ? 'udp6' : 'udp4',
		recvBufferSize: RECEIVE_BUFFER,
		// Destinations are addresses already: without this, every datagram waits for a name lookup.
		lookup: (host, _options, callback) => callback(null, host, family),
	});
	return new Promise((resolve, reject) => {
		socket.once('error', (error) => {
			socket.close();
			reject(error);
		});
		socket.once('listening', () => {
			socket.removeAllListeners('error');
			socket.on('error', () => {});
			resolve(socket);
		});
		socket.bind(port, address);
	});
}
