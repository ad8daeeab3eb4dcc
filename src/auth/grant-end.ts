import { DualcastError } from '../base/errors.ts';
import type { Grant } from './grant.ts';
import type { Revocations } from './revocations.ts';

/** Clocks of issuers differ by so much. */
export const CLOCK_TOLERANCE_S = 30;

/** Why a right ended. */
export type EndReason = 'token_expired' | 'token_revoked';

const MESSAGES: Readonly<Record<EndReason, string>> = {
	token_expired: 'the token has expired; ask for a new one',
	token_revoked: 'the token was revoked; ask for a new one',
};

/**
 * When a token is taken no more, and the sessions end that it opened: at the same moment, so that nobody is let into
 * what is over. That is when it has expired by any clock within the tolerance. Milliseconds since the Unix epoch.
 */
export function endOf(grant: Grant): number {
	return grant.expiresAt + CLOCK_TOLERANCE_S * 1000;
}

/**
 * Why a right is over; undefined while it is not.
 *
 * @param now milliseconds since the Unix epoch
 */
export function whyOver(grant: Grant, revocations: Revocations, now: number): EndReason | undefined {
	if (endOf(grant) <= now) return 'token_expired';
	return revocations.concerns(grant) ? 'token_revoked' : undefined;
}

export function overError(reason: EndReason): DualcastError {
	return new DualcastError(reason, MESSAGES[reason]);
}
