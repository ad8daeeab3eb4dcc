import type { Socket } from 'node:net';
import { RtspSplitter, type RtspStreamHandler } from '../../src/rtsp/framing.ts';
import type { RtspMessage, RtspRequest, RtspResponse } from '../../src/rtsp/message.ts';
import { parseTransport } from '../../src/rtsp/transport-header.ts';
import { composeAnswer, fillIn, type QuirkWords } from './quirk-answer.ts';
import type { QuirkCamera } from './quirk-camera.ts';
import type { QuirkAnswer, QuirkStep } from './quirk-file.ts';
import { hex, type QuirkPacket, QuirkPackets } from './quirk-packets.ts';
import { QuirkUdp } from './quirk-udp.ts';

/** Where the packets of one section go: the channels of the connection, or a pair of ports. */
type Way = { readonly channels: readonly [number, number]; readonly udp: QuirkUdp | undefined };

/** Requests of the camera itself count from here; an answer says that the client has read all that was sent before. */
const FENCE = 7700;

/** One connection to the misbehaving camera. */
export class QuirkClient implements RtspStreamHandler {
	readonly number: number;
	readonly #camera: QuirkCamera;
	readonly #socket: Socket;
	/** By index of the media section. */
	readonly #ways: (Way | undefined)[] = [];
	#lastWay: Way | undefined;
	readonly #channels = new Set<number>();
	#writing: Promise<void> = Promise.resolve();
	#played = false;
	#fences = 0;
	#passed = 0;
	#closed = false;
	/** Answers to requests of the camera, without the fences'. */
	readonly responses: RtspResponse[] = [];

	constructor(camera: QuirkCamera, socket: Socket, number: number) {
		this.#camera = camera;
		this.#socket = socket;
		this.number = number;
		const splitter = new RtspSplitter(this);
		socket.setNoDelay(true);
		socket.on('data', (chunk) => splitter.push(chunk));
		socket.on('error', () => {});
		socket.on('close', () => {
			this.close();
			camera.changed();
		});
	}

	/** Channels on which the client sent something. */
	get channels(): number[] {
		return [...this.#channels].sort((a, b) => a - b);
	}

	onMessage(message: RtspMessage): void {
		if (message.kind === 'request') this.#handle(message).catch((failure) => this.#camera.fail(failure));
		else if (Number(message.headers.get('CSeq')) > FENCE) this.#passed += 1;
		else this.responses.push(message);
		this.#camera.changed();
	}

	onFrame(channel: number): void {
		this.#channels.add(channel);
		this.#camera.onRtcp();
	}

	close(): void {
		this.#closed = true;
		this.#socket.destroy();
		for (const way of this.#ways.splice(0)) way?.udp?.close();
	}

	async #handle(request: RtspRequest): Promise<void> {
		const camera = this.#camera;
		camera.requests.push(request);
		const { doorkeeper } = camera;
		if (doorkeeper && request.method !== 'OPTIONS' && !doorkeeper.admits(request)) {
			const headers = { 'WWW-Authenticate': doorkeeper.challenges(request.method) };
			await this.#answer(request, { to: request.method, status: 401, headers });
			return;
		}
		const asked = parseTransport(request.headers.get('Transport') ?? '')[0];
		const scripted = camera.answerFor(request, this, asked?.lower);
		const granted = scripted?.status === undefined || scripted.status === 200;
		if (request.method === 'SETUP' && granted) {
			const udp = asked?.lower === 'udp' ? await this.#openUdp(asked.clientPort ?? [0, 0]) : undefined;
			const chosen = parseTransport(String(scripted?.headers?.Transport ?? ''))[0]?.interleaved;
			this.#lastWay = { channels: chosen ?? asked?.interleaved ?? [0, 1], udp };
			this.#ways[this.#sectionOf(request.uri)] = this.#lastWay;
		}
		if (request.method === 'PLAY' && granted && !this.#played) {
			this.#played = true;
			await this.#play(() => this.#answer(request, scripted));
		} else {
			await this.#answer(request, scripted);
		}
	}

	/** The section whose control ends the URI, or else the next one. */
	#sectionOf(uri: string): number {
		const sections = this.#camera.sdp.split(/^m=/m).slice(1);
		const controls = sections.map((section) => /^a=control:\s*(\S+)/m.exec(section)?.[1]);
		const named = controls.findIndex((control) => control !== undefined && control !== '*' && uri.endsWith(control));
		return named >= 0 ? named : this.#ways.length;
	}

	async #play(answer: () => Promise<void>): Promise<void> {
		const { media } = this.#camera.script;
		const packets = new QuirkPackets(this.#camera.sdp);
		if (!media.some((step) => step.answer)) await answer();
		for (const step of media) {
			for (let time = 0; time < (step.repeat ?? 1) && !this.#closed; time++) {
				if (step.answer) await answer();
				else await this.#act(step, packets);
			}
		}
		await this.#fence();
		// What the client does because of what it read, TEARDOWN for one, is here before the second answer.
		await this.#fence();
		this.#camera.finish();
	}

	async #act(step: QuirkStep, packets: QuirkPackets): Promise<void> {
		if (step.text !== undefined) await this.#write(Buffer.from(fillIn(step.text, this.#words())));
		else if (step.bytes !== undefined) await this.#write(hex(step.bytes));
		else if (step.frame !== undefined) await this.#frame(step.channel ?? 0, hex(step.frame), step);
		else if (step.await !== undefined) {
			const seen = () => this.#closed || this.#camera.seen(step.await ?? '') >= (step.times ?? 1);
			await this.#camera.until(seen, step.await);
		} else if (step.advance !== undefined) {
			await this.#fence();
			await this.#camera.surroundings.advance(step.advance);
		} else if (step.close) this.close();
		else for (const packet of packets.of(step)) await this.#send(packet, step);
	}

	async #send({ track, isRtcp, bytes }: QuirkPacket, step: QuirkStep): Promise<void> {
		const way = this.#ways[track];
		const index = isRtcp ? 1 : 0;
		if (way?.udp) await way.udp.send(bytes, isRtcp, step.from);
		else await this.#frame(step.channel ?? way?.channels[index] ?? 2 * track + index, bytes, step);
	}

	#frame(channel: number, payload: Uint8Array, step: QuirkStep): Promise<void> {
		const length = step.length ?? payload.length;
		return this.#write(Buffer.concat([Uint8Array.of(0x24, channel, length >> 8, length & 0xff), payload]));
	}

	async #fence(): Promise<void> {
		const number = ++this.#fences;
		await this.#write(Buffer.from(`OPTIONS * RTSP/1.0\r\nCSeq: ${FENCE + number}\r\n\r\n`));
		await this.#camera.until(() => this.#passed >= number || this.#closed, 'answer to a request of the camera');
	}

	async #answer(request: RtspRequest, scripted: QuirkAnswer | undefined): Promise<void> {
		const words = this.#words(request);
		if (!scripted?.silent) {
			const text =
				scripted?.raw === undefined ? composeAnswer(request, scripted ?? {}, words) : fillIn(scripted.raw, words);
			await this.#write(Buffer.from(text));
			const { flood } = scripted ?? {};
			if (flood) await this.#write(Buffer.from(flood.text.repeat(flood.times)));
		}
		if (scripted?.close) this.#socket.end();
		if (scripted?.advance !== undefined) await this.#camera.surroundings.advance(scripted.advance);
	}

	#words(request?: RtspRequest): QuirkWords {
		const { url, host, sdp, surroundings } = this.#camera;
		return {
			cseq: request?.headers.get('CSeq') ?? '',
			uri: request?.uri ?? '',
			transport: request?.headers.get('Transport') ?? '',
			server_port: this.#lastWay?.udp?.ports ?? '',
			url,
			host,
			elsewhere: surroundings.elsewhere ?? '',
			sdp,
			sdp_length: String(Buffer.byteLength(sdp)),
		};
	}

	/** In one piece, or cut as the script wants; never mixed with another write. */
	#write(bytes: Uint8Array): Promise<void> {
		const { cut } = this.#camera.script;
		const size = cut ?? bytes.length;
		this.#writing = this.#writing.then(async () => {
			for (let at = 0; at < bytes.length; at += size) {
				if (!this.#socket.writable) return;
				await new Promise<void>((resolve) => this.#socket.write(bytes.subarray(at, at + size), () => resolve()));
				if (cut !== undefined) await new Promise((resolve) => setImmediate(resolve));
			}
		});
		return this.#writing;
	}

	#openUdp(to: readonly [number, number]): Promise<QuirkUdp> {
		const camera = this.#camera;
		return QuirkUdp.open(camera.script.udp, to, {
			onPunch: () => camera.onPunch(),
			onRtcp: () => camera.onRtcp(),
		});
	}
}
