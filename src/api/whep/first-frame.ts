import type { Request, RequestHandler } from 'express';
import { z } from 'zod';
import { checked } from '../checked-body.ts';
import { jsonBody } from '../request-body.ts';

const error = 'expected milliseconds, 0 to 600000';
/** What a player tells of its first picture. */
export const firstFrame = z.strictObject(
	{
		after_ms: z
			.number({ error })
			.min(0, { error })
			.max(600_000, { error })
			.describe('From the offer to the first picture on the screen.'),
	},
	{ error: 'expected {"after_ms": …}' },
);

const MAX_BODY_BYTES = 1024;

/**
 * Reads what a player tells of its first picture.
 *
 * @param take its milliseconds
 */
export function firstFrameTold(take: (request: Request, milliseconds: number) => void): RequestHandler[] {
	return [
		jsonBody(MAX_BODY_BYTES),
		(request, response) => {
			take(request, checked(firstFrame, request.body).after_ms);
			response.status(204).end();
		},
	];
}
