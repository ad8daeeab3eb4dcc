import { GstCamera, type GstCameraOptions } from '../../camera/gst-camera.ts';
import { type RunningGateway, startGateway } from './gateway.ts';

const SMALL = { width: 320, height: 180, fps: 25, bitrate: 500, protocols: 'tcp', shared: true } as const;
/** Seconds from the first viewer until a camera changes in the middle. */
const CHANGE_AFTER = 5;
/** To get the first playlist of a camera. */
const MAX_ATTEMPTS = 3;

/** Cameras by the name of their stream. */
const CAMERAS = {
	'high-aac-gop-1': { video: 'high', audio: 'aac', gop: 25 },
	'b-frames-aac-gop-2': { video: 'high-bframes', audio: 'aac', gop: 50 },
	'h265-aac-gop-1': { video: 'h265', audio: 'aac', gop: 25 },
	'ten-a-second': { video: 'high', audio: 'aac', fps: 10, gop: 10 },
	'no-audio-gop-half': { video: 'high', gop: 12, fps: 24 },
	'aac-gop-4': { video: 'high', audio: 'aac', gop: 100 },
	'uneven-rate': { video: 'high', audio: 'aac', gop: 20, drop: 0.3 },
	restart: { video: 'high', audio: 'aac', gop: 25 },
	switch: { video: 'high', audio: 'aac', gop: 25, width: 640, height: 360, switchAfter: CHANGE_AFTER },
} as const satisfies Record<string, GstCameraOptions>;

export type CameraName = keyof typeof CAMERAS | 'demo';

export const CAMERA_NAMES: readonly CameraName[] = ['demo', ...(Object.keys(CAMERAS) as (keyof typeof CAMERAS)[])];

/** Cameras of all kinds, and two gateways that serve them: one with MPEG-TS, one with fMP4 in the classic output. */
export class HlsMatrix {
	readonly #cameras: Map<string, GstCamera>;
	readonly #gateways: Record<'ts' | 'fmp4', RunningGateway>;

	private constructor(cameras: Map<string, GstCamera>, gateways: Record<'ts' | 'fmp4', RunningGateway>) {
		this.#cameras = cameras;
		this.#gateways = gateways;
	}

	/** @param hls further settings of HLS, as YAML */
	static async start(hls = ''): Promise<HlsMatrix> {
		const cameras = new Map<string, GstCamera>();
		for (const [name, options] of Object.entries(CAMERAS))
			cameras.set(name, await GstCamera.start({ ...SMALL, ...options }));
		const streams = [...cameras].map(([name, { url }]) => `  ${name}: "${url}"`).join('\n');
		const start = (variant: string) =>
			startGateway(
				`webrtc: { udp_port: 0 }\nhls: { variant: ${variant}, enable_compression: true${hls} }\nstreams:\n  demo: demo\n${streams}\n`,
			);
		const [ts, fmp4] = await Promise.all([start('ts'), start('fmp4')]);
		return new HlsMatrix(cameras, { ts, fmp4 });
	}

	/** Has both gateways pull a camera: encoders take long to begin beside each other. @throws Error */
	async warm(camera: CameraName): Promise<void> {
		const warm = async (output: 'ts' | 'fmp4') => {
			for (let attempt = 1; ; attempt++) {
				const { status } = await fetch(this.url(camera, output));
				if (status === 200) break;
				if (attempt === MAX_ATTEMPTS) throw new Error(`${camera} as ${output}: ${status}`);
			}
		};
		await Promise.all([warm('ts'), warm('fmp4')]);
	}

	/** The multivariant playlist of one output. */
	url(camera: CameraName, output: 'ts' | 'fmp4' | 'low latency'): string {
		const { url } = this.#gateways[output === 'fmp4' ? 'fmp4' : 'ts'];
		return `${url}/hls/${camera}/${output === 'low latency' ? 'll-master.m3u8' : 'master.m3u8'}`;
	}

	/** Kills the camera of that name without a goodbye, and starts it again. */
	async restart(): Promise<void> {
		const camera = this.#cameras.get('restart');
		if (!camera) return;
		await camera.stop('SIGKILL');
		this.#cameras.set('restart', await GstCamera.start({ ...SMALL, ...CAMERAS.restart, port: camera.port }));
	}

	async stop(): Promise<void> {
		await Promise.all([this.#gateways.ts.stop(), this.#gateways.fmp4.stop()]);
		await Promise.all([...this.#cameras.values()].map((camera) => camera.stop()));
	}
}
