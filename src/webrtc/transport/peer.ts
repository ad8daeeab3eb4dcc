import type { Clock } from '../../base/clock.ts';
import { toError } from '../../base/errors.ts';
import type { Certificate } from './certificate.ts';
import { DtlsSession } from './dtls/session.ts';
import type { HandshakeTask } from './handshake-queue.ts';
import { type CheckedBinding, type IceCredentials, IceLite, localUfragOf } from './ice/ice-lite.ts';
import type { StunMessage } from './ice/stun.ts';
import { ADDRESS_HOLD_MS, MAX_ADDRESSES_PER_PEER, MAX_LATE_DATAGRAMS, MAX_RTCP } from './limits.ts';
import type { MediaPath, Route } from './media-sender.ts';
import type { LocalParameters, PeerDiagnosis, PeerOptions, PeerState, TransportPeer } from './secure-transport.ts';
import { SrtcpReceiver, SrtcpSender } from './srtp/srtcp.ts';
import { deriveSessionKeys, type MasterKey } from './srtp/srtp-keys.ts';
import { SrtpSender } from './srtp/srtp-sender.ts';

/** Where a datagram came from, and the way back. */
export type Remote = { readonly address: string; readonly port: number; readonly route: Route };

/** What a viewer needs of the transport it belongs to. */
export interface PeerHost {
	readonly certificate: Certificate;
	readonly clock: Clock;
	/** Credentials of a restart, with which checks for this viewer are expected from now on. */
	announce(peer: Peer): { readonly credentials: IceCredentials; readonly local: LocalParameters };
	/** No check with these credentials is expected any more. */
	retire(ufrag: string): void;
	/** Forgets a viewer and every address it proved. */
	forget(peer: Peer): void;
}

type Media = { readonly path: MediaPath; readonly rtcpSender: SrtcpSender; readonly rtcpReceiver: SrtcpReceiver };

/** One viewer: its ICE, DTLS and SRTP, and the address it is reached at. */
export class Peer implements TransportPeer, HandshakeTask {
	readonly #options: PeerOptions;
	readonly #host: PeerHost;
	#ice: IceLite;
	#local: IceCredentials;
	/** A restart whose first check has not come yet. */
	#restart: { readonly ice: IceLite; readonly local: IceCredentials } | undefined;
	readonly #dtls: DtlsSession;
	/** When each proven address last sent an authenticated check, the longest known first. */
	readonly #addresses = new Map<string, number>();
	#state: PeerState = 'new';
	#route: Route | undefined;
	#nominated = false;
	#media: Media | undefined;
	#dtlsDatagrams = 0;
	/** DTLS datagrams since it is secured and timeouts were looked at. */
	#lateDatagrams = 0;
	#closeReason: string | undefined;

	constructor(options: PeerOptions, local: IceCredentials, host: PeerHost) {
		this.#local = local;
		this.#options = options;
		this.#host = host;
		this.#ice = new IceLite(local, options.remoteUfrag, host.clock.now());
		this.#dtls = new DtlsSession({
			certificate: host.certificate,
			remoteFingerprint: options.remoteFingerprint,
			clock: host.clock,
			send: (datagram) => this.#route?.send(datagram),
			onSecured: (keys) => this.#secure(keys),
			onClosed: (reason) => this.fail(reason),
		});
	}

	/** The credentials checks are expected with. */
	get ufrags(): readonly string[] {
		return this.#restart === undefined ? [this.#local.ufrag] : [this.#local.ufrag, this.#restart.local.ufrag];
	}

	get state(): PeerState {
		return this.#state;
	}

	/** Where and with what media is sent, once the viewer is secured. */
	get mediaPath(): MediaPath | undefined {
		return this.#media?.path;
	}

	/** Addresses (`Route.description`) that belong to this viewer. */
	get addresses(): Iterable<string> {
		return this.#addresses.keys();
	}

	/** True while another viewer may not claim this address. */
	holds(address: string, now: number): boolean {
		const lastCheck = this.#addresses.get(address);
		return lastCheck !== undefined && now - lastCheck < ADDRESS_HOLD_MS;
	}

	/** Checks a binding request without acting on it; undefined if it must not be answered. */
	check(bytes: Buffer, message: StunMessage, remote: Remote, now: number): CheckedBinding | undefined {
		const restart = this.#restart;
		const ice = restart !== undefined && localUfragOf(message) === restart.local.ufrag ? restart.ice : this.#ice;
		return ice.check(bytes, message, remote, now);
	}

	/**
	 * Acts on an authenticated check: the address is proven and answered. It is used from now on with a nomination, or when
	 * no check comes from the one that is used: a NAT may give a viewer another port, and Firefox nominates once.
	 *
	 * @returns the address that is forgotten for it, if there are too many
	 */
	adopt({ response, nominated, ufrag }: CheckedBinding, { route }: Remote, now: number): string | undefined {
		if (ufrag === this.#restart?.local.ufrag) this.#finishRestart(this.#restart);
		const key = route.description;
		if (this.#state === 'new') this.#state = 'checked';
		this.#addresses.delete(key);
		this.#addresses.set(key, now);
		// Not by its address: another TCP connection may come from the same.
		if (this.#route === undefined || nominated || !this.holds(this.#route.description, now)) this.#use(route);
		this.#nominated ||= nominated;
		route.send(response);
		if (this.#addresses.size <= MAX_ADDRESSES_PER_PEER) return undefined;
		const [oldest] = this.#addresses.keys();
		this.release(oldest as string);
		return oldest;
	}

	/** Forgets an address: its connection is gone or another viewer has it. */
	release(address: string): void {
		this.#addresses.delete(address);
	}

	/** False for what is more than a viewer whose handshake is over has to say. */
	admitsDtls(): boolean {
		return this.#state !== 'secured' || this.#lateDatagrams++ < MAX_LATE_DATAGRAMS;
	}

	/** Takes one DTLS datagram of a proven address. */
	receiveDtls(datagram: Buffer): void {
		this.#dtlsDatagrams++;
		if (this.#state !== 'closed') this.#guard(() => this.#dtls.receive(datagram));
	}

	/** @returns false if the datagram is not authentic */
	receiveRtcp(datagram: Buffer): boolean {
		const packet = this.#media?.rtcpReceiver.unprotect(datagram);
		if (packet !== undefined) this.#guard(() => this.#options.onRtcp(packet));
		return packet !== undefined;
	}

	sendRtcp(packet: Uint8Array): void {
		if (this.#media === undefined || packet.length > MAX_RTCP) return;
		const datagram = this.#media.rtcpSender.protect(packet);
		if (datagram !== undefined) this.#media.path.route.send(datagram);
	}

	diagnosis(): PeerDiagnosis {
		return {
			state: this.#state,
			bindingRequests: this.#ice.bindingRequests,
			dtlsDatagrams: this.#dtlsDatagrams,
			...(this.#nominated && this.#route !== undefined && { remote: this.#route.description }),
			...(this.#closeReason !== undefined && { closeReason: this.#closeReason }),
		};
	}

	restartIce(remoteUfrag: string): LocalParameters {
		const { credentials, local } = this.#host.announce(this);
		if (this.#restart !== undefined) this.#host.retire(this.#restart.local.ufrag);
		this.#restart = { ice: this.#ice.restart(credentials, remoteUfrag), local: credentials };
		return local;
	}

	/** Ends the viewer if it has been silent or unfinished for too long. Called about once a second. */
	expire(now: number): void {
		this.#lateDatagrams = 0;
		const reason = this.#ice.expired(now, this.#state === 'secured');
		if (reason !== undefined) this.fail(reason);
	}

	/** Ends the viewer for a reason of its own. */
	fail(reason: string): void {
		if (this.#state === 'closed') return;
		this.#end(reason);
		this.#options.onClosed(reason);
	}

	close(): void {
		if (this.#state !== 'closed') this.#end('closed by the gateway');
	}

	/** A fault while one viewer's datagram is handled ends that viewer only. */
	#guard(handle: () => void): void {
		try {
			handle();
		} catch (error) {
			this.fail(`internal error: ${toError(error).message}`);
		}
	}

	#end(reason: string): void {
		this.#dtls.close();
		this.#state = 'closed';
		this.#closeReason = reason;
		this.#media = undefined;
		this.#host.forget(this);
	}

	#finishRestart({ ice, local }: { readonly ice: IceLite; readonly local: IceCredentials }): void {
		this.#host.retire(this.#local.ufrag);
		this.#ice = ice;
		this.#local = local;
		this.#restart = undefined;
	}

	#use(route: Route): void {
		if (route === this.#route) return;
		this.#route = route;
		if (this.#media !== undefined) this.#media = { ...this.#media, path: { ...this.#media.path, route } };
	}

	#secure({ local, remote }: { readonly local: MasterKey; readonly remote: MasterKey }): void {
		// Nothing is decrypted before an address is proven, so there is a route.
		if (this.#route === undefined) return;
		const sending = deriveSessionKeys(local);
		this.#media = {
			path: { srtp: new SrtpSender(sending.rtp), route: this.#route },
			rtcpSender: new SrtcpSender(sending.rtcp),
			rtcpReceiver: new SrtcpReceiver(deriveSessionKeys(remote).rtcp),
		};
		this.#state = 'secured';
		this.#options.onSecured();
	}
}
