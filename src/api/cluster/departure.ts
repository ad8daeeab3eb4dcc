import type { RequestHandler, Response } from 'express';

/** Stands before what is waited for: that a client has left is told once. */
export const noteDeparture: RequestHandler = (_request, response, next) => {
	response.once('close', () => {
		response.locals.left = true;
	});
	next();
};

/** True when nobody takes the answer any more, whose beginning `noteDeparture` saw. */
export function hasLeft(response: Response): boolean {
	return response.locals.left === true;
}
