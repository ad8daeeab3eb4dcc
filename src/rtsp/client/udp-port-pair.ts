import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { SourceError } from '../../base/errors.ts';

/** Two sockets: an even port for RTP and the next one for RTCP (RFC 3550 section 11). */
export type UdpPortPair = { readonly rtp: Socket; readonly rtcp: Socket; readonly port: number };

const MAX_TRIES = 32;
/** A key frame of a 4K camera comes in one burst. */
const RECEIVE_BUFFER = 2 * 1024 * 1024;

/**
 * Takes a pair of ports from the system.
 *
 * @param address local, numeric
 * @throws SourceError when there is none
 */
export async function openUdpPortPair(address: string): Promise<UdpPortPair> {
	let cause: unknown;
	for (let tries = 0; tries < MAX_TRIES; tries++) {
		let rtp: Socket | undefined;
		try {
			rtp = await bind(address, 0);
			const port = rtp.address().port;
			if (port % 2 === 0) return { rtp, rtcp: await bind(address, port + 1), port };
		} catch (thrown) {
			cause = thrown;
		}
		rtp?.close();
	}
	throw new SourceError('camera_protocol', 'this machine has no free pair of UDP ports', { cause });
}

function bind(address: string, port: number): Promise<Socket> {
	const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER });
	return new Promise((resolve, reject) => {
		socket.once('error', (error) => {
			socket.close();
			reject(error);
		});
		socket.bind({ address, port }, () => {
			socket.removeAllListeners('error');
			// What the network refuses on the way to the camera (ICMP) shows as media that does not come.
			socket.on('error', () => {});
			resolve(socket);
		});
	});
}
