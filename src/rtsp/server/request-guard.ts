import type { RtspRequest, RtspResponse } from '../message.ts';

/**
 * Decides who may ask what. There is one for each connection, so that a challenge is good for its own connection only.
 * It is asked before anything is looked up: a refused client learns nothing of the streams.
 */
export interface RequestGuard {
	/** @returns undefined when the request may be answered, else the refusal */
	authorize(request: RtspRequest): Promise<RtspResponse | undefined>;
	/** Adds to the answer of a request that was let in what the client asked this side to show. */
	sign?(request: RtspRequest, answer: RtspResponse): void;
	/** The connection is over. */
	close?(): void;
}

/**
 * @param address of the client, without port
 * @param end ends the connection when its right to be there does
 */
export type RequestGuardFactory = (address: string, end: (reason: string) => void) => RequestGuard;

/** Lets everybody in. */
export const openGuard: RequestGuard = { authorize: async () => undefined };
