import type { RtspRequest, RtspResponse } from '../message.ts';

/**
 * Decides who may ask what. There is one for each connection, so that a challenge is good for its own connection only.
 * It is asked before anything is looked up: a refused client learns nothing of the streams.
 */
export interface RequestGuard {
	/** @returns undefined when the request may be answered, else the refusal */
	authorize(request: RtspRequest): Promise<RtspResponse | undefined>;
}

/** @param address of the client, without port */
export type RequestGuardFactory = (address: string) => RequestGuard;

/** Lets everybody in. */
export const openGuard: RequestGuard = { authorize: async () => undefined };
