type Root = Element | DocumentFragment;

/** A part of the player fills the screen. @param root of the player's shadow tree */
export function isFullscreen(root: Root): boolean {
	return root instanceof ShadowRoot && root.fullscreenElement !== null;
}

/** The video floats over other windows. */
export function isPictureInPicture(root: Root, video: HTMLVideoElement): boolean {
	return root instanceof ShadowRoot && root.pictureInPictureElement === video;
}

export async function toggleFullscreen(root: Root, video: HTMLVideoElement): Promise<void> {
	const player = root.querySelector('.player');
	if (isFullscreen(root)) await document.exitFullscreen().catch(() => undefined);
	else if (player && document.fullscreenEnabled) await player.requestFullscreen().catch(() => undefined);
	// iPhones show nothing but a video in full screen.
	else if ('webkitEnterFullscreen' in video && typeof video.webkitEnterFullscreen === 'function') {
		video.webkitEnterFullscreen();
	}
}

export async function togglePictureInPicture(root: Root, video: HTMLVideoElement): Promise<void> {
	const leave = isPictureInPicture(root, video);
	await (leave ? document.exitPictureInPicture() : video.requestPictureInPicture()).catch(() => undefined);
}
