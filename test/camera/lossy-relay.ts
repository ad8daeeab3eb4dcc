import { connect, createServer, type Server, type Socket } from 'node:net';
import { parseRtp } from '../../src/media/rtp/rtp.ts';
import { RtspSplitter } from '../../src/rtsp/framing.ts';
import { RtspHeaders } from '../../src/rtsp/headers.ts';
import { type RtspMessage, serializeMessage } from '../../src/rtsp/message.ts';
import { buildTransport, type PortPair, parseTransport } from '../../src/rtsp/transport-header.ts';
import { openUdpPortPair, type UdpPortPair } from '../../src/rtsp/udp-port-pair.ts';

/** What becomes of a packet: `late` lets the next one pass first. */
export type Fate = 'pass' | 'lose' | 'twice' | 'late';

/** What was done to one RTP packet. */
export type RelayedPacket = {
	/** In the order of the SETUPs. */
	readonly track: number;
	readonly fate: Fate;
	readonly sequence: number;
	readonly timestamp: number;
	readonly payload: Uint8Array;
};

/** @param index of the packet in its track */
export type FateOf = (track: number, index: number) => Fate;

/**
 * A bad network between a client and a camera on 127.0.0.1: RTSP goes through as it is, RTP over UDP meets its fate.
 * It keeps a record of what it did.
 */
export class LossyRelay {
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	readonly #tracks: RelayedTrack[] = [];
	readonly packets: RelayedPacket[] = [];
	/** Decides from now on. */
	fateOf: FateOf;

	static async start(cameraPort: number, fateOf: FateOf): Promise<LossyRelay> {
		const relay = new LossyRelay(cameraPort, fateOf);
		await new Promise<void>((resolve) => relay.#server.listen(0, '127.0.0.1', resolve));
		return relay;
	}

	private constructor(cameraPort: number, fateOf: FateOf) {
		this.fateOf = fateOf;
		this.#server = createServer((client) => this.#serve(client, connect(cameraPort, '127.0.0.1')));
	}

	get port(): number {
		const address = this.#server.address();
		return typeof address === 'object' ? (address?.port ?? 0) : 0;
	}

	count(track: number, fate: Fate): number {
		return this.packets.filter((packet) => packet.track === track && packet.fate === fate).length;
	}

	async close(): Promise<void> {
		for (const socket of this.#sockets) socket.destroy();
		for (const track of this.#tracks) track.close();
		await new Promise<void>((resolve) => this.#server.close(() => resolve()));
	}

	#serve(client: Socket, camera: Socket): void {
		for (const [socket, other] of [
			[client, camera],
			[camera, client],
		] as const) {
			this.#sockets.add(socket);
			socket.on('error', () => {});
			socket.on('close', () => other.destroy());
		}
		// Requests wait for the ports of the ones before them.
		let tail = Promise.resolve();
		const toCamera = new RtspSplitter({
			onMessage: (message) => {
				tail = tail.then(async () => void camera.write(serializeMessage(await this.#outward(message))));
			},
			onFrame() {},
		});
		const toClient = new RtspSplitter({
			onMessage: (message) => client.write(serializeMessage(this.#homeward(message))),
			onFrame() {},
		});
		client.on('data', (chunk) => toCamera.push(chunk));
		camera.on('data', (chunk) => toClient.push(chunk));
	}

	async #outward(message: RtspMessage): Promise<RtspMessage> {
		const [asked] = parseTransport(message.headers.get('Transport') ?? '');
		if (!asked?.clientPort) return message;
		const track = new RelayedTrack(this, this.#tracks.length, asked.clientPort, await openUdpPortPair('127.0.0.1'));
		this.#tracks.push(track);
		return withTransport(message, buildTransport({ ...asked, clientPort: track.ports }));
	}

	#homeward(message: RtspMessage): RtspMessage {
		const [chosen] = parseTransport(message.headers.get('Transport') ?? '');
		const track = this.#tracks.at(-1);
		if (!chosen?.serverPort || !track) return withTransport(message, undefined);
		track.cameraPorts = chosen.serverPort;
		return withTransport(
			message,
			buildTransport({ ...chosen, clientPort: track.clientPorts, serverPort: track.ports }),
		);
	}
}

/** The two ports of one track. What does not come from the camera goes to it. */
class RelayedTrack {
	readonly #relay: LossyRelay;
	readonly #index: number;
	readonly #pair: UdpPortPair;
	readonly clientPorts: PortPair;
	cameraPorts: PortPair = [0, 0];
	#count = 0;
	readonly #held: Uint8Array[] = [];

	constructor(relay: LossyRelay, index: number, clientPorts: PortPair, pair: UdpPortPair) {
		this.#relay = relay;
		this.#index = index;
		this.#pair = pair;
		this.clientPorts = clientPorts;
		pair.rtp.on('message', (bytes, from) => {
			if (from.port === this.cameraPorts[0]) this.#meetFate(bytes);
			else if (this.cameraPorts[0] > 0) pair.rtp.send(bytes, this.cameraPorts[0], '127.0.0.1');
		});
		pair.rtcp.on('message', (bytes, from) => {
			const port = from.port === this.cameraPorts[1] ? this.clientPorts[1] : this.cameraPorts[1];
			if (port > 0) pair.rtcp.send(bytes, port, '127.0.0.1');
		});
	}

	get ports(): PortPair {
		return [this.#pair.port, this.#pair.port + 1];
	}

	close(): void {
		this.#pair.rtp.close();
		this.#pair.rtcp.close();
	}

	#meetFate(bytes: Uint8Array): void {
		const packet = parseRtp(bytes);
		if (!packet) return;
		const fate = this.#relay.fateOf(this.#index, this.#count++);
		const { sequence, timestamp, payload } = packet;
		this.#relay.packets.push({ track: this.#index, fate, sequence, timestamp, payload: payload.slice(0, 2) });
		if (fate === 'late') this.#held.push(bytes);
		if (fate === 'pass' || fate === 'twice') this.#send(bytes);
		if (fate === 'twice') this.#send(bytes);
		if (fate === 'pass' || fate === 'twice') for (const held of this.#held.splice(0)) this.#send(held);
	}

	#send(bytes: Uint8Array): void {
		this.#pair.rtp.send(bytes, this.clientPorts[0], '127.0.0.1');
	}
}

/** Without its length, which is written anew. */
function withTransport(message: RtspMessage, transport: string | undefined): RtspMessage {
	const headers = new RtspHeaders();
	for (const { name, value } of message.headers) {
		const key = name.toLowerCase();
		if (key === 'transport' && transport !== undefined) headers.append(name, transport);
		else if (key !== 'content-length') headers.append(name, value);
	}
	return { ...message, headers };
}
