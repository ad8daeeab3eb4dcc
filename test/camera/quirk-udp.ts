import { createSocket, type Socket } from 'node:dgram';

/** What the client sends to the camera's ports. */
export type UdpEvents = { readonly onPunch: () => void; readonly onRtcp: () => void };

/** The two ports of a camera that one section's media comes from, and the client's that it goes to. */
export class QuirkUdp {
	readonly #rtp: Socket;
	readonly #rtcp: Socket;
	readonly #to: readonly [number, number];
	readonly #strangers = new Map<string, Socket>();

	static async open(address: string, to: readonly [number, number], events: UdpEvents): Promise<QuirkUdp> {
		return new QuirkUdp(await bind(address), await bind(address), to, events);
	}

	private constructor(rtp: Socket, rtcp: Socket, to: readonly [number, number], events: UdpEvents) {
		this.#rtp = rtp;
		this.#rtcp = rtcp;
		this.#to = to;
		rtp.on('message', events.onPunch);
		rtcp.on('message', events.onRtcp);
	}

	/** As `server_port` has it. */
	get ports(): string {
		return `${this.#rtp.address().port}-${this.#rtcp.address().port}`;
	}

	/** @param from another address than the camera's */
	async send(bytes: Uint8Array, isRtcp: boolean, from: string | undefined): Promise<void> {
		const socket = from === undefined ? (isRtcp ? this.#rtcp : this.#rtp) : await this.#stranger(from);
		await new Promise((resolve) => socket.send(bytes, this.#to[isRtcp ? 1 : 0], '127.0.0.1', resolve));
	}

	close(): void {
		for (const socket of [this.#rtp, this.#rtcp, ...this.#strangers.values()]) socket.close();
	}

	async #stranger(address: string): Promise<Socket> {
		const socket = this.#strangers.get(address) ?? (await bind(address));
		this.#strangers.set(address, socket);
		return socket;
	}
}

function bind(address: string): Promise<Socket> {
	const socket = createSocket('udp4');
	return new Promise((resolve, reject) => {
		socket.once('error', reject);
		socket.bind(0, address, () => resolve(socket));
	});
}
