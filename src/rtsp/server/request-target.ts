/** What a request URI points at. */
export type RequestTarget = {
	/** Decoded path without leading and trailing slash. */
	readonly path: string;
	/** The URI up to the end of the path, without query and trailing slash. */
	readonly base: string;
};

/** @returns undefined when `uri` is no RTSP URL */
export function parseTarget(uri: string): RequestTarget | undefined {
	const [, origin, rawPath = ''] = /^(rtsps?:\/\/[^/?#\s]+)(\/[^?#\s]*)?/i.exec(uri) ?? [];
	if (origin === undefined) return undefined;
	const trimmed = withoutSlashes(rawPath);
	try {
		return { path: decodeURIComponent(trimmed).replace(/^\/+/, ''), base: origin + trimmed };
	} catch {
		return undefined;
	}
}

/** Without the slashes at the end, in time that is linear whatever the text. */
export function withoutSlashes(text: string): string {
	let end = text.length;
	while (text[end - 1] === '/') end -= 1;
	return text.slice(0, end);
}

/** Splits the control of a track off a SETUP target: `camera/trackID=1` is track `trackID=1` of `camera`. */
export function splitControl(path: string): { path: string; control: string } | undefined {
	const slash = path.lastIndexOf('/');
	return slash < 0 ? undefined : { path: path.slice(0, slash), control: path.slice(slash + 1) };
}
