import { isDtls } from './dtls/record.ts';
import { HandshakeQueue } from './handshake-queue.ts';
import { localUfragOf } from './ice/ice-lite.ts';
import { isStun, parseStun } from './ice/stun.ts';
import { MAX_DATAGRAM } from './limits.ts';
import type { Peer, Remote } from './peer.ts';

/** SRTP and SRTCP by the first byte (RFC 7983), RTCP by the second (RFC 5761 4). */
const FIRST_RTP = 128;
const LAST_RTP = 191;
const FIRST_RTCP_TYPE = 192;
const LAST_RTCP_TYPE = 223;

/** Finds out whose a datagram is: STUN by its ufrag, the rest by an address that a check has proven. */
export class DatagramRouter {
	readonly #peers = new Set<Peer>();
	readonly #queue = new HandshakeQueue();
	readonly #byUfrag = new Map<string, Peer>();
	readonly #byAddress = new Map<string, Peer>();

	get peers(): Iterable<Peer> {
		return this.#peers;
	}

	get size(): number {
		return this.#peers.size;
	}

	/** Checks that name this ufrag are the viewer's. */
	add(peer: Peer, ufrag: string): void {
		this.#peers.add(peer);
		this.#byUfrag.set(ufrag, peer);
	}

	/** Checks that name it are strays from now on. */
	retire(ufrag: string): void {
		this.#byUfrag.delete(ufrag);
	}

	delete(peer: Peer): void {
		this.#peers.delete(peer);
		for (const ufrag of peer.ufrags) this.#byUfrag.delete(ufrag);
		for (const address of peer.addresses) this.#byAddress.delete(address);
		this.#queue.delete(peer);
	}

	/** A connection is gone. */
	release(address: string): void {
		this.#byAddress.get(address)?.release(address);
		this.#byAddress.delete(address);
	}

	/**
	 * @param datagram valid during the call only
	 * @param now monotonic ms
	 * @returns the viewer that took it; undefined for a stray one, which is never answered
	 */
	route(datagram: Buffer, remote: Remote, now: number): Peer | undefined {
		if (datagram.length > MAX_DATAGRAM) return undefined;
		if (isStun(datagram)) return this.#routeStun(datagram, remote, now);
		const peer = this.#byAddress.get(remote.route.description);
		if (peer === undefined) return undefined;
		if (isDtls(datagram)) {
			if (peer.admitsDtls()) this.#queue.push(peer, datagram);
			return peer;
		}
		return isRtcp(datagram) && peer.receiveRtcp(datagram) ? peer : undefined;
	}

	#routeStun(datagram: Buffer, remote: Remote, now: number): Peer | undefined {
		const message = parseStun(datagram);
		const peer = message && this.#byUfrag.get(localUfragOf(message) ?? '');
		const checked = peer?.check(datagram, message as NonNullable<typeof message>, remote, now);
		if (peer === undefined || checked === undefined) return undefined;
		const address = remote.route.description;
		const owner = this.#byAddress.get(address);
		if (owner !== undefined && owner !== peer) {
			if (owner.holds(address, now)) return undefined;
			owner.release(address);
		}
		this.#byAddress.set(address, peer);
		const forgotten = peer.adopt(checked, remote, now);
		if (forgotten !== undefined) this.#byAddress.delete(forgotten);
		return peer;
	}
}

function isRtcp(datagram: Buffer): boolean {
	const [first = 0, second = 0] = datagram;
	return first >= FIRST_RTP && first <= LAST_RTP && second >= FIRST_RTCP_TYPE && second <= LAST_RTCP_TYPE;
}
