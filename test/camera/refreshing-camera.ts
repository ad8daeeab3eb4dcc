import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NAL, nalType, splitAnnexB } from '../../src/media/codecs/h264.ts';
import { packetizeH264 } from '../../src/media/packetizers/h264-packetizer.ts';
import { buildRtp } from '../../src/media/rtp/rtp-writer.ts';
import { FakeCamera, type FakeCameraClient, interleaved, ok } from './fake-camera.ts';

const FRAME_RATE = 25;
const FRAME_TICKS = 90_000 / FRAME_RATE;
/** Pictures of the film, and those before the point at which the first client joins. */
const SECONDS = 60;
const HEAD = 2 * FRAME_RATE;

/**
 * A camera that refreshes its picture gradually (x264's `intra-refresh`), by RTSP over TCP. It has been running for long
 * when clients come, and they join the same pictures: none of them ever gets an IDR picture.
 */
export class RefreshingCamera {
	readonly #camera: FakeCamera;
	readonly #pictures: readonly (readonly Uint8Array[])[];
	readonly #start = performance.now();
	readonly #timer: NodeJS.Timeout;
	readonly #playing = new Map<FakeCameraClient, number>();
	#next = HEAD;

	static async start(): Promise<RefreshingCamera> {
		const pictures = await encode();
		const sets = (type: number) =>
			Buffer.from(pictures[0]?.find((nalu) => nalType(nalu) === type) ?? []).toString('base64');
		const sdp = [
			...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=refreshing', 't=0 0', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'],
			`a=fmtp:96 packetization-mode=1;sprop-parameter-sets=${sets(NAL.sps)},${sets(NAL.pps)}`,
			'a=control:trackID=0\r\n',
		].join('\r\n');
		let self: RefreshingCamera | undefined;
		const camera = await FakeCamera.start({
			sdp,
			on: {
				PLAY(request, client) {
					self?.join(client);
					return ok(request, { Session: '12345678' });
				},
			},
		});
		self = new RefreshingCamera(camera, pictures);
		return self;
	}

	private constructor(camera: FakeCamera, pictures: readonly (readonly Uint8Array[])[]) {
		this.#camera = camera;
		this.#pictures = pictures;
		this.#timer = setInterval(() => this.#play(), 10);
	}

	get url(): string {
		return this.#camera.url;
	}

	join(client: FakeCameraClient): void {
		this.#playing.set(client, 0);
	}

	async stop(): Promise<void> {
		clearInterval(this.#timer);
		await this.#camera.close();
	}

	#play(): void {
		const due = HEAD + Math.floor(((performance.now() - this.#start) * FRAME_RATE) / 1000);
		for (; this.#next <= due; this.#next++) {
			// After its end the film goes on behind its head: the picture is broken there until it is refreshed.
			const number = this.#next % this.#pictures.length;
			if (number >= HEAD) this.#send(this.#pictures[number] ?? []);
		}
	}

	#send(nalus: readonly Uint8Array[]): void {
		const timestamp = (this.#next * FRAME_TICKS) >>> 0;
		const packets: { marker: boolean; payload: Uint8Array }[] = [];
		packetizeH264(nalus, 1400, (payload, marker) => packets.push({ marker, payload: Uint8Array.from(payload) }));
		for (const [client, first] of this.#playing) {
			if (client.closed) this.#playing.delete(client);
			else this.#playing.set(client, first + packets.length);
			for (const [index, { marker, payload }] of packets.entries()) {
				const sequence = (first + index) & 0xffff;
				client.send(interleaved(0, buildRtp({ payloadType: 96, marker, sequence, timestamp, ssrc: 1, payload })));
			}
		}
	}
}

async function encode(): Promise<Uint8Array[][]> {
	const source = `testsrc2=size=640x360:rate=${FRAME_RATE}:duration=${SECONDS}`;
	const x264 = 'intra-refresh=1:keyint=50:bframes=0:scenecut=0:aud=1:repeat-headers=1';
	const codec = `-c:v libx264 -preset ultrafast -profile:v high -pix_fmt yuv420p -b:v 1000k -x264-params ${x264}`;
	const words = ['-v', 'error', '-f', 'lavfi', '-i', source, ...codec.split(' '), '-f', 'h264', '-'];
	const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const;
	const { stdout } = await promisify(execFile)('ffmpeg', words, options);
	const pictures: Uint8Array[][] = [];
	for (const nalu of splitAnnexB(stdout)) {
		if (nalType(nalu) === NAL.accessUnitDelimiter) pictures.push([]);
		else pictures.at(-1)?.push(nalu);
	}
	return pictures;
}
