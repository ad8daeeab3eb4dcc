import { toError } from '../../../base/errors.ts';
import { MAX_RTCP } from '../limits.ts';
import type { LocalParameters, PeerDiagnosis, PeerOptions, PeerState, TransportPeer } from '../secure-transport.ts';
import type { NativeTransportObject } from './addon.ts';

/** What a viewer needs of the transport it belongs to. */
export interface NativePeerHost {
	readonly native: NativeTransportObject;
	restartIce(peer: NativePeer, remoteUfrag: string): LocalParameters;
	forget(peer: NativePeer): void;
}

/** One viewer, whose connection is the addon's. */
export class NativePeer implements TransportPeer {
	readonly id: number;
	readonly #options: PeerOptions;
	readonly #host: NativePeerHost;
	#state: 'open' | 'secured' | 'closed' = 'open';
	/** The last thing known of it. */
	#last: PeerDiagnosis | undefined;

	constructor(id: number, options: PeerOptions, host: NativePeerHost) {
		this.id = id;
		this.#options = options;
		this.#host = host;
	}

	get state(): PeerState {
		if (this.#state !== 'open') return this.#state;
		return (this.#host.native.facts(this.id)?.bindingRequests ?? 0) > 0 ? 'checked' : 'new';
	}

	sendRtcp(packet: Uint8Array): void {
		if (this.#state === 'secured' && packet.length <= MAX_RTCP) this.#host.native.sendRtcp(this.id, packet);
	}

	diagnosis(): PeerDiagnosis {
		if (this.#last !== undefined) return this.#last;
		const facts = this.#host.native.facts(this.id) ?? { bindingRequests: 0, dtlsDatagrams: 0 };
		return { ...facts, state: this.state };
	}

	restartIce(remoteUfrag: string): LocalParameters {
		return this.#host.restartIce(this, remoteUfrag);
	}

	close(): void {
		if (this.#state !== 'closed') this.#end('closed by the gateway');
	}

	/** The addon says that media may flow. */
	secured(): void {
		if (this.#state !== 'open') return;
		this.#state = 'secured';
		this.#guard(() => this.#options.onSecured());
	}

	receiveRtcp(packet: Buffer): void {
		if (this.#state === 'secured') this.#guard(() => this.#options.onRtcp(packet));
	}

	/** Ends the viewer for a reason of its own. */
	fail(reason: string): void {
		if (this.#state === 'closed') return;
		this.#end(reason);
		this.#options.onClosed(reason);
	}

	/** A fault while one viewer's event is handled ends that viewer only. */
	#guard(handle: () => void): void {
		try {
			handle();
		} catch (error) {
			this.fail(`internal error: ${toError(error).message}`);
		}
	}

	#end(closeReason: string): void {
		this.#last = { ...this.diagnosis(), state: 'closed', closeReason };
		this.#state = 'closed';
		this.#host.native.close(this.id);
		this.#host.forget(this);
	}
}
