import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { systemClock } from '../src/base/clock.ts';
import { silentLogger } from '../src/base/logger.ts';
import { readClip } from '../src/demo/clip.ts';
import { ClipPresentation } from '../src/demo/clip-presentation.ts';
import type { PresentationFrame } from '../src/rtsp/server/presentation.ts';
import { RtspServer } from '../src/rtsp/server/server.ts';
import { serve } from './child.ts';

/** What the camera says when it is up. */
export type CameraReady = {
	/** Of the first camera. Others are at any other path, and at the other servers. */
	readonly url: string;
	/** URLs of all servers. Over UDP the cameras of one server share its sockets, so many need several. */
	readonly servers: readonly string[];
	/** When its frame 0 was sent, milliseconds since the Unix epoch. Frame n follows n / FRAME_RATE s later. */
	readonly startedAt: number;
};

/** Asks for the frames since the last time; the first time they begin to be noted. */
export type CameraMessage = { readonly type: 'frames' };
/** A frame whose packets all were handed to the kernel, by its RTP timestamp; microseconds of the monotonic clock. */
export type SentFrame = { readonly timestamp: number; readonly key: boolean; readonly at: number };

const SERVERS = 50;
/** Frames that are noted until somebody asks. */
const MAX_FRAMES = 10_000;

// The bench's cameras, in a process of their own: one at each path, each with its own beat. Usage: camera.ts CLIP
const clip = readClip(await readFile(process.argv[2] as string));
const cameras = new Map<string, ClipPresentation>();
const servers = await Promise.all(
	Array.from({ length: SERVERS }, () =>
		RtspServer.listen({
			host: '127.0.0.1',
			port: 0,
			presentations: { open: async (path) => cameraAt(path) },
			clock: systemClock,
			logger: silentLogger,
			randomBytes,
		}),
	),
);
const urls = servers.map(({ port }) => `rtsp://127.0.0.1:${port}/camera`);

function cameraAt(path: string): ClipPresentation {
	const known = cameras.get(path);
	if (known) return known;
	const camera = new ClipPresentation(path, clip, systemClock, () => randomBytes(4).readUInt32BE());
	cameras.set(path, camera);
	return camera;
}

// A camera does not wait for its viewers: this reader keeps the first one running, and reads when it began.
let announced = false;
cameraAt('camera').subscribe({
	onFrame(frame) {
		if (announced) return;
		announced = true;
		const ready: CameraReady = { url: urls[0] as string, servers: urls, startedAt: frame.clock.ntp };
		serve<CameraMessage, SentFrame[]>(ready, async () => takeFrames());
	},
	onEnd() {},
});

const sent: SentFrame[] = [];
let noting = false;

function takeFrames(): SentFrame[] {
	if (!noting) cameraAt('camera').subscribe({ onFrame: note, onEnd() {} });
	noting = true;
	return sent.splice(0);
}

/** The last reader of a frame: those who were there before have written it when this turn ends. */
function note({ clock, key }: PresentationFrame): void {
	queueMicrotask(() => {
		const at = Number(process.hrtime.bigint() / 1000n);
		if (sent.length < MAX_FRAMES) sent.push({ timestamp: clock.rtpTimestamp, key, at });
	});
}
