import { DualcastError } from '../../base/errors.ts';
import { ICE_RESTARTS } from '../limits.ts';
import { RepairBudget } from '../repair/repair-budget.ts';
import type { FragmentCredentials } from '../sdp/ice-fragment.ts';
import type { LocalParameters, TransportPeer } from '../transport/secure-transport.ts';

/** A viewer's ICE session (RFC 8445 9): what both sides told each other last. */
export class IceSession {
	readonly #peer: Pick<TransportPeer, 'restartIce'>;
	readonly #budget = new RepairBudget(ICE_RESTARTS.burst, ICE_RESTARTS.perSecond);
	#local: LocalParameters;
	#remoteUfrag: string;
	#generation = 1;

	constructor(peer: Pick<TransportPeer, 'restartIce'>, local: LocalParameters, remoteUfrag: string) {
		this.#peer = peer;
		this.#local = local;
		this.#remoteUfrag = remoteUfrag;
	}

	/** What the browser was told. */
	get local(): LocalParameters {
		return this.#local;
	}

	/** Counts ICE sessions: it tells restarts apart. */
	get generation(): number {
		return this.#generation;
	}

	/**
	 * Takes the credentials of the browser's fragment.
	 *
	 * @param now `Clock.now()`
	 * @returns our side of the restart they ask for; undefined when they are the known ones
	 * @throws DualcastError `rate_limited`
	 */
	update({ ufrag }: FragmentCredentials, now: number): LocalParameters | undefined {
		if (ufrag === this.#remoteUfrag) return undefined;
		if (!this.#budget.allows(now)) {
			throw new DualcastError('rate_limited', 'ICE of this session was restarted too often; try again later');
		}
		this.#budget.spend(1);
		this.#local = this.#peer.restartIce(ufrag);
		this.#remoteUfrag = ufrag;
		this.#generation++;
		return this.#local;
	}
}
