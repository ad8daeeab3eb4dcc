/** What some browsers add to it. */
type TellingVideo = HTMLVideoElement & {
	readonly audioTracks?: { readonly length: number };
	readonly webkitAudioDecodedByteCount?: number;
};

/** Safari's own player is the better one there; Chromium plays HLS too, but says nothing about it. */
export function prefersNativeHls(video: HTMLVideoElement): boolean {
	return playsHlsItself(video) && (navigator.vendor.startsWith('Apple') || !('MediaSource' in globalThis));
}

export function playsHlsItself(video: HTMLVideoElement): boolean {
	return video.canPlayType('application/vnd.apple.mpegurl') !== '';
}

/** What plays brings sound, as far as is known by now; true where the browser never tells. */
export function mayHaveSound(video: HTMLVideoElement): boolean {
	const { audioTracks, webkitAudioDecodedByteCount: decoded } = video as TellingVideo;
	if (audioTracks === undefined && decoded === undefined) return true;
	return (audioTracks?.length ?? 0) > 0 || (decoded ?? 0) > 0;
}
