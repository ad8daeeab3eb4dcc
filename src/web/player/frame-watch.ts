/** Mean delay from a frame's arrival to its display, and the moment of the first one. */
export class FrameWatch {
	readonly #video: HTMLVideoElement;
	#handle: number | undefined;
	#delayMs = 0;
	#frames = 0;

	/** Watches from now on; `onFirst` is called once, when a picture is shown. */
	constructor(video: HTMLVideoElement, onFirst: () => void) {
		this.#video = video;
		let first: (() => void) | undefined = onFirst;
		const onFrame = (_now: number, frame: VideoFrameCallbackMetadata) => {
			first?.();
			first = undefined;
			if (frame.receiveTime !== undefined) {
				this.#delayMs += frame.expectedDisplayTime - frame.receiveTime;
				this.#frames++;
			}
			this.#handle = video.requestVideoFrameCallback(onFrame);
		};
		if ('requestVideoFrameCallback' in video) this.#handle = video.requestVideoFrameCallback(onFrame);
		else (video as HTMLVideoElement).addEventListener('loadeddata', onFirst, { once: true });
	}

	/** The mean since the last call, in milliseconds; undefined when no frame told. */
	takeDelayMs(): number | undefined {
		const mean = this.#frames > 0 ? Math.max(0, this.#delayMs / this.#frames) : undefined;
		this.#delayMs = 0;
		this.#frames = 0;
		return mean;
	}

	close(): void {
		if (this.#handle !== undefined) this.#video.cancelVideoFrameCallback(this.#handle);
	}
}
