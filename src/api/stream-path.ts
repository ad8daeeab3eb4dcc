import type { Request } from 'express';
import { DualcastError } from '../base/errors.ts';

/** The stream id in a path with a `*id` wildcard: its parts may be separated by slashes. */
export function streamIdOf(request: Request): string {
	const parts = request.params.id;
	return Array.isArray(parts) ? parts.join('/') : (parts ?? '');
}

/** An id nobody has. The id is not repeated: it came from outside. */
export function streamNotFound(): DualcastError {
	return new DualcastError(
		'stream_not_found',
		'there is no stream of this name; /api/v1/streams lists those there are',
	);
}
