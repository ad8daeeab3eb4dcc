import type { Grant } from '../../auth/grant.ts';
import { networkOf } from '../../base/client-network.ts';
import { digestOf } from '../../base/digest.ts';

const CHARACTERS = 16;

/**
 * For whom a place in the cluster is kept: nobody keeps more places than are left for others. It is a token where one
 * is needed; one without an id by what stands in it, as its letters can be varied; and for a token that its viewer can get
 * again and again, who asked for that. Else it is an address.
 *
 * @returns a digest
 */
export function placeHolder(grant: Grant | undefined, address: string): string {
	return grant?.holder ?? digestOf(nameOf(grant, address)).slice(0, CHARACTERS);
}

function nameOf(grant: Grant | undefined, address: string): string {
	if (!grant) return `address ${networkOf(address)}`;
	const { tokenId, subject, issuedAt, expiresAt } = grant;
	return tokenId === undefined ? `subject ${issuedAt} ${expiresAt} ${subject}` : `token ${tokenId}`;
}
