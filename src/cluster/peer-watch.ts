import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '../base/clock.ts';
import type { ClusterNode } from './cluster.ts';

/** Another node, and where it listens. */
export type Peer = { readonly id: string; readonly host: string; readonly port: number };

export type PeerWatchOptions = {
	readonly clock: Clock;
	/** Nobody listens any more where the peer did: its process is gone. Called once for each time it was reached. */
	readonly onGone: (id: string) => void;
	/** Opens a connection; by default a TCP one. */
	readonly open?: (peer: Peer) => Socket;
};

/** A connection that was cut is made again at once: whether that is refused tells a cut from the end of the process. */
const AGAIN_MS = 10;
/** Where nobody can be reached it is tried again after so long. */
const PAUSE_MS = 1_000;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'rtsp:': 554, 'rtsps:': 322 };

type Watched = { readonly peer: Peer; socket: Socket | undefined; retry: Timer | undefined; reached: boolean };

/**
 * Learns within milliseconds that the process of another node has ended, by a connection that is held open to it: the
 * system closes it together with the process, and then refuses another one. Whatever else happens to a connection says
 * nothing; a machine that vanishes is missed when its heartbeats are.
 */
export class PeerWatch {
	readonly #options: PeerWatchOptions;
	readonly #watched = new Map<string, Watched>();

	constructor(options: PeerWatchOptions) {
		this.#options = options;
	}

	/** From here on these are watched, and no others. */
	update(peers: readonly Peer[]): void {
		for (const [id, { peer }] of this.#watched) {
			const same = peers.some((other) => other.id === id && other.host === peer.host && other.port === peer.port);
			if (!same) this.#forget(id);
		}
		for (const peer of peers) {
			if (this.#watched.has(peer.id)) continue;
			const watched: Watched = { peer, socket: undefined, retry: undefined, reached: false };
			this.#watched.set(peer.id, watched);
			this.#connect(watched);
		}
	}

	close(): void {
		for (const id of [...this.#watched.keys()]) this.#forget(id);
	}

	#forget(id: string): void {
		const watched = this.#watched.get(id);
		this.#watched.delete(id);
		watched?.retry?.cancel();
		watched?.socket?.destroy();
	}

	#connect(watched: Watched): void {
		const { open = openTcp, clock, onGone } = this.#options;
		const { peer } = watched;
		let connected = false;
		let refused = false;
		const socket = open(peer);
		watched.socket = socket;
		socket.unref();
		socket.resume();
		socket.once('connect', () => {
			connected = true;
			watched.reached = true;
		});
		socket.once('error', (error: NodeJS.ErrnoException) => {
			refused = error.code === 'ECONNREFUSED';
		});
		socket.once('close', () => {
			if (this.#watched.get(peer.id) !== watched) return;
			watched.retry = clock.after(connected ? AGAIN_MS : PAUSE_MS, () => this.#connect(watched));
			if (!refused || !watched.reached) return;
			watched.reached = false;
			onGone(peer.id);
		});
	}
}

function openTcp({ host, port }: Peer): Socket {
	return connect({ host, port });
}

/** The other nodes where they listen: mains for subs, which go straight there, subs for viewers. */
export function peersOf(nodes: readonly ClusterNode[], self: string): Peer[] {
	return nodes.flatMap(({ id, role, http, rtsp }) => {
		const address = role === 'main' ? rtsp : http;
		if (id === self || address === undefined || !URL.canParse(address)) return [];
		const { hostname, port, protocol } = new URL(address);
		const host = hostname.replace(/^\[|\]$/g, '');
		return [{ id, host, port: port === '' ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port) }];
	});
}
