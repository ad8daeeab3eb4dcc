import { BlockList, isIPv4, isIPv6 } from 'node:net';
import type { Clock } from '../../../base/clock.ts';
import { SourceError } from '../../../base/errors.ts';
import { type MulticastPair, openMulticastPair } from '../../multicast-pair.ts';
import type { TransportHeader } from '../../transport-header.ts';
import type { Lane } from './media-receiver.ts';
import type { MediaPath, MediaTransport } from './media-transport.ts';
import { plainAddress } from './udp-transport.ts';

export type MulticastTransportOptions = {
	/** Of the RTSP connection, numeric. */
	readonly remoteAddress: string;
	/** Numeric: names the network in which the groups are joined. */
	readonly localAddress: string;
	readonly clock: Clock;
};

const GROUPS = new BlockList();
GROUPS.addSubnet('224.0.0.0', 4, 'ipv4');
GROUPS.addSubnet('ff00::', 8, 'ipv6');

/**
 * RTP and RTCP of a group that the camera names for each track. This side only listens: a receiver report would go
 * to everyone in the group, and the session is kept alive by RTSP.
 */
export class MulticastTransport implements MediaTransport {
	readonly lower = 'multicast';
	readonly #options: MulticastTransportOptions;
	readonly #pairs: MulticastPair[] = [];
	#closed = false;

	constructor(options: MulticastTransportOptions) {
		this.#options = options;
	}

	async open(): Promise<MediaPath> {
		return {
			request: { lower: 'udp', profile: 'RTP/AVP', multicast: true },
			accept: (answer, lane) => this.#accept(answer, lane),
			punch() {},
			sendRtcp() {},
		};
	}

	close(): void {
		this.#closed = true;
		for (const pair of this.#pairs.splice(0)) pair.close();
	}

	async #accept(answer: TransportHeader | undefined, lane: Lane): Promise<string | undefined> {
		if (!answer?.multicast) return answer?.lower === 'tcp' ? 'it chose TCP' : 'it chose one receiver';
		const { destination: group = '', port } = answer;
		const { remoteAddress, localAddress, clock } = this.#options;
		if (!isGroup(group)) return 'it names no multicast group';
		if (!port || port[0] < 1024 || port[1] < 1024) return 'it names no port of its group';
		const pair = await openMulticastPair(group, port, localAddress).catch((cause: unknown) => {
			const message = `this machine cannot join the multicast group ${group}; check its network and the port ${port[0]}`;
			throw new SourceError('camera_protocol', message, { cause });
		});
		this.#pairs.push(pair);
		if (this.#closed) this.close();
		const senders = [plainAddress(remoteAddress), plainAddress(answer.source ?? remoteAddress)];
		pair.rtp.on('message', (bytes, from) => {
			if (senders.includes(plainAddress(from.address))) lane.onRtp(bytes, clock.now());
		});
		pair.rtcp.on('message', (bytes, from) => {
			if (senders.includes(plainAddress(from.address))) lane.onRtcp(bytes, clock.now());
		});
		return undefined;
	}
}

function isGroup(address: string): boolean {
	if (isIPv4(address)) return GROUPS.check(address, 'ipv4');
	return isIPv6(address) && GROUPS.check(address, 'ipv6');
}
