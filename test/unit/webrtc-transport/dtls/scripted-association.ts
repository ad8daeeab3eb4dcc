import { createCertificate } from '../../../../src/webrtc/transport/certificate.ts';
import type { Fingerprint } from '../../../../src/webrtc/transport/dtls/client-certificate.ts';
import { DtlsSession } from '../../../../src/webrtc/transport/dtls/session.ts';
import type { MasterKey } from '../../../../src/webrtc/transport/srtp/srtp-keys.ts';
import { type ClientScript, ScriptedDtlsClient } from '../../../fakes/scripted-dtls-client.ts';
import { VirtualClock } from '../../../fakes/virtual-clock.ts';

const WALL = Date.UTC(2026, 0, 1);
export const SERVER = createCertificate(WALL);
export const VIEWER = createCertificate(WALL);
export const STRANGER = createCertificate(WALL);

export function fingerprintOf({ fingerprint }: { readonly fingerprint: string }): Fingerprint {
	const [algorithm = '', value = ''] = fingerprint.split(' ');
	return { algorithm, value };
}

/** A session and a client with no network between: datagrams wait in two lists until they are carried over. */
export function associate(script: Partial<ClientScript> = {}, fingerprint = fingerprintOf(VIEWER)) {
	const clock = new VirtualClock();
	const client = new ScriptedDtlsClient({ certificate: VIEWER, ...script });
	const keys: { local: MasterKey; remote: MasterKey }[] = [];
	const closed: string[] = [];
	const toClient: Buffer[] = [];
	const toServer: Buffer[] = client.start();
	const session = new DtlsSession({
		certificate: SERVER,
		remoteFingerprint: fingerprint,
		clock,
		send: (datagram) => void toClient.push(Buffer.from(datagram)),
		onSecured: (both) => void keys.push(both),
		onClosed: (reason) => void closed.push(reason),
	});
	/** Carries one side's datagrams over. @returns false if there were none */
	const carry = (): boolean => {
		const datagrams = toServer.splice(0);
		for (const datagram of datagrams) session.receive(datagram);
		const answers = toClient.splice(0);
		for (const datagram of answers) toServer.push(...client.receive(datagram));
		return datagrams.length + answers.length > 0;
	};
	const run = (): void => {
		while (carry());
	};
	return { clock, client, session, keys, closed, toClient, toServer, carry, run };
}

/** Datagrams with each record in one of its own. */
export function split(datagrams: readonly Buffer[]): Buffer[] {
	return datagrams.flatMap((datagram) => {
		const records: Buffer[] = [];
		for (let start = 0; start < datagram.length; ) {
			const end = start + 13 + datagram.readUInt16BE(start + 11);
			records.push(datagram.subarray(start, end));
			start = end;
		}
		return records;
	});
}
