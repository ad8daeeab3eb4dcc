import { z } from 'zod';

/** Ids become paths of URLs and of files, both with a prefix and a suffix. */
export const MAX_STREAM_ID_LENGTH = 128;
const SEGMENT = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** Words that stand beside an id in the API's paths. */
const RESERVED = ['sessions', 'stats'];

/** What keeps `id` from naming a stream, as a sentence with the cure; undefined when it is a good id. */
export function streamIdProblem(id: string): string | undefined {
	if (id.length > MAX_STREAM_ID_LENGTH) {
		return `a stream name has at most ${MAX_STREAM_ID_LENGTH} characters; choose a shorter one`;
	}
	const segments = id.split('/');
	if (id === '__proto__' || !segments.every((segment) => SEGMENT.test(segment))) {
		return 'a stream name is made of A-Z a-z 0-9 . _ - and of slashes between parts that do not begin with a dot';
	}
	const reserved = segments.find((segment) => RESERVED.includes(segment));
	if (reserved) return `"${reserved}" has a meaning in the API's paths; choose another stream name`;
	return undefined;
}

/** The name of a stream: `CCTV-TEST`, `live/stream`. */
export const streamId = z
	.string()
	.meta({ pattern: '^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$', maxLength: MAX_STREAM_ID_LENGTH })
	.superRefine((id, context) => {
		const message = streamIdProblem(id);
		if (message) context.addIssue({ code: 'custom', message, input: id });
	});
