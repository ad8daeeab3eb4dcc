import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { PortPair } from './transport-header.ts';

/** Two sockets that are members of one group. */
export type MulticastPair = { readonly rtp: Socket; readonly rtcp: Socket; close(): void };

const RECEIVE_BUFFER = 2 * 1024 * 1024;

/**
 * Joins a group. Its ports may be in use by other listeners of the same machine.
 *
 * @param group a multicast address
 * @param localAddress numeric, of the interface to listen at
 * @throws the error of binding or joining
 */
export async function openMulticastPair(
	group: string,
	[rtpPort, rtcpPort]: PortPair,
	localAddress: string,
): Promise<MulticastPair> {
	const rtp = await join(group, rtpPort, localAddress);
	try {
		const rtcp = await join(group, rtcpPort, localAddress);
		return {
			rtp,
			rtcp,
			close() {
				rtp.close();
				rtcp.close();
			},
		};
	} catch (failure) {
		rtp.close();
		throw failure;
	}
}

async function join(group: string, port: number, localAddress: string): Promise<Socket> {
	// At the group's address, packets of other groups with the same port stay out; some systems do not allow it.
	const socket = await bind(group, port, group).catch(() => bind(group, port, undefined));
	try {
		// An IPv6 interface is named by its scope, not by its address.
		const scope = /%.*$/.exec(localAddress)?.[0];
		socket.addMembership(group, isIPv6(group) ? scope && `::${scope}` : localAddress);
		return socket;
	} catch (failure) {
		socket.close();
		throw failure;
	}
}

function bind(group: string, port: number, address: string | undefined): Promise<Socket> {
	const socket = createSocket({
		type: isIPv6(group) ? 'udp6' : 'udp4',
		reuseAddr: true,
		recvBufferSize: RECEIVE_BUFFER,
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
		socket.bind({ port, ...(address !== undefined && { address }), exclusive: false });
	});
}
