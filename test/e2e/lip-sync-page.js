/**
 * Runs in the browser, in the page of the demo camera: listens for its beeps and looks for its flashes.
 *
 * @returns a function that waits for the next few beeps and says of each by how many milliseconds it is heard later
 * than the nearest flash is seen
 */
globalThis.lipSyncMeter = async () => {
	const video = document.querySelector('dualcast-player').shadowRoot.querySelector('video');
	video.muted = false;
	const context = new AudioContext();
	await context.resume();
	const source = video.srcObject
		? context.createMediaStreamSource(video.srcObject)
		: context.createMediaElementSource(video);
	const analyser = new AnalyserNode(context, { fftSize: 4096 });
	source.connect(analyser);
	// What nobody hears is not played either.
	analyser.connect(new GainNode(context, { gain: 0.01 })).connect(context.destination);

	const flashes = [];
	const canvas = new OffscreenCanvas(1, 1);
	const pixel = canvas.getContext('2d', { willReadFrequently: true });
	let bright = true;
	const onPicture = (_, { expectedDisplayTime }) => {
		// The ring of the flash, beside the number in its middle.
		pixel.drawImage(video, 964 - 4, 290 + 80, 8, 8, 0, 0, 1, 1);
		const [red, green, blue] = pixel.getImageData(0, 0, 1, 1).data;
		const isBright = red + green + blue > 3 * 160;
		if (isBright && !bright) flashes.push(expectedDisplayTime);
		bright = isBright;
		video.requestVideoFrameCallback(onPicture);
	};
	video.requestVideoFrameCallback(onPicture);

	// A sample counts when it leaves the player: the way from there to the ear is the audio context's, and the player
	// does not know of it. The context's clock moves in steps; the smallest difference is that of a fresh step.
	let clocks = Number.POSITIVE_INFINITY;
	const beepTimes = [];
	const samples = new Float32Array(analyser.fftSize);
	let lastBeep = Number.NEGATIVE_INFINITY;
	const listen = () => {
		analyser.getFloatTimeDomainData(samples);
		const end = context.currentTime;
		clocks = Math.min(clocks, performance.now() - end * 1000);
		const onset = samples.findIndex((sample) => Math.abs(sample) > 0.05);
		// Silence before it, so that it is the beginning of a beep.
		if (onset < 200) return;
		const at = end - (samples.length - onset) / context.sampleRate;
		if (at - lastBeep < 0.5) return;
		lastBeep = at;
		beepTimes.push(at);
	};
	setInterval(listen, 5);
	return async ({ beeps, deadline }) => {
		const from = { beeps: beepTimes.length, flashes: flashes.length };
		const limit = performance.now() + deadline;
		while (beepTimes.length <= from.beeps + beeps || flashes.length <= from.flashes + beeps) {
			if (performance.now() > limit) throw new Error(`${beepTimes.length} beeps, ${flashes.length} flashes`);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
		return beepTimes.slice(from.beeps, from.beeps + beeps).map((beep) => {
			const distances = flashes.map((flash) => beep * 1000 + clocks - flash);
			return distances.reduce((best, each) => (Math.abs(each) < Math.abs(best) ? each : best));
		});
	};
};
