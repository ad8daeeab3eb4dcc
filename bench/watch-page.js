/** Seconds. */
const DRY = 0.2;
/** A freeze as WebRTC's statistics define it: 150 ms longer than a picture stands, at 30 a second. */
const FREEZE_MS = 183;

/**
 * Runs in the browser: watches the page's player, or the browser's own when it is given a playlist, from the first
 * picture on.
 *
 * @param {{ playlist?: string, seconds: number, period: number, cells: number, cellPixels: number, deadline: number }}
 * options `period` milliseconds from one reading of a picture's number to the next: reading costs more than showing
 * @returns for some pictures their number and when they were shown (milliseconds since the Unix epoch), milliseconds
 * from the call to the first picture, how often the player waited with no more than `DRY` of data left, how often a
 * picture stood `FREEZE_MS` and for how long at most, the pictures decoded, and those of them too late to be shown
 */
globalThis.watchHls = async ({ playlist, seconds, period, cells, cellPixels, deadline }) => {
	const clicked = performance.now();
	const limit = clicked + deadline;
	let video;
	if (playlist === undefined) {
		while (!video) {
			video = document.querySelector('dualcast-player')?.shadowRoot?.querySelector('video');
			await new Promise((resolve) => setTimeout(resolve, 10));
		}
	} else {
		video = document.body.appendChild(document.createElement('video'));
		Object.assign(video, { muted: true, autoplay: true, src: playlist });
	}
	const readNumber = pictureNumbers({ cells, cellPixels });
	const shown = [];
	let [firstAt, lastAt, readAt, longest, freezes, dry] = [0, 0, 0, 0, 0, 0];
	video.addEventListener('waiting', () => {
		const { buffered, currentTime } = video;
		const end = buffered.length > 0 ? buffered.end(buffered.length - 1) : currentTime;
		if (firstAt > 0 && end - currentTime < DRY) dry++;
	});
	const stood = (now) => {
		longest = Math.max(longest, now - lastAt);
		if (now - lastAt >= FREEZE_MS) freezes++;
	};
	const onPicture = () => {
		const now = performance.now();
		if (firstAt === 0) firstAt = now;
		else stood(now);
		lastAt = now;
		if (now - readAt >= period) {
			readAt = now;
			shown.push({ number: readNumber(video), at: performance.timeOrigin + now });
		}
		video.requestVideoFrameCallback(onPicture);
	};
	video.requestVideoFrameCallback(onPicture);
	while (firstAt === 0) {
		if (performance.now() > limit) throw new Error(`no picture: ${video.error?.message ?? 'nothing came'}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
	stood(performance.now());
	const { totalVideoFrames: pictures, droppedVideoFrames: dropped } = video.getVideoPlaybackQuality();
	return { shown, firstAfter: firstAt - clicked, dry, freezes, longest, pictures, dropped };
};
