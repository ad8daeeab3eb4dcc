import { createCertificate } from '../../../src/webrtc/transport/certificate.ts';
import { HandshakeFailure } from '../../../src/webrtc/transport/dtls/alert.ts';
import { parseClientHello } from '../../../src/webrtc/transport/dtls/client-hello.ts';
import { FRAGMENT_HEADER, parseFragments } from '../../../src/webrtc/transport/dtls/handshake-message.ts';
import { parseRecords, RECORD_HEADER, serializeRecord } from '../../../src/webrtc/transport/dtls/record.ts';
import { DtlsSession } from '../../../src/webrtc/transport/dtls/session.ts';
import { VirtualClock } from '../../fakes/virtual-clock.ts';
import { unpack } from '../packets.ts';
import { type FuzzTarget, promise, refusable } from '../target.ts';

const CERTIFICATE = createCertificate(Date.UTC(2026, 0, 1));
const [ALGORITHM = '', VALUE = ''] = CERTIFICATE.fingerprint.split(' ');

/** The records of a datagram, and the handshake fragments in them. */
export const dtlsRecords: FuzzTarget = {
	name: 'dtls-records',
	shape: 'bytes',
	run(input) {
		const datagram = Buffer.from(input);
		const records = parseRecords(datagram);
		promise(records.length * RECORD_HEADER <= datagram.length, 'records are in the datagram');
		const written = Buffer.concat(records.map(serializeRecord));
		promise(written.equals(datagram.subarray(0, written.length)), 'what is read is what was written');
		for (const { fragment } of records) {
			const fragments = parseFragments(fragment);
			promise(fragments.length * FRAGMENT_HEADER <= fragment.length, 'fragments are in the record');
			for (const { offset, bytes, length } of fragments) {
				promise(offset + bytes.length <= length, 'a fragment lies within its message');
			}
		}
	},
};

export const clientHello: FuzzTarget = {
	name: 'client-hello',
	shape: 'bytes',
	run(input) {
		const hello = refusable(HandshakeFailure, () => parseClientHello(Buffer.from(input)));
		if (!hello) return;
		promise(hello.random.length === 32, 'a random has 32 bytes');
		const { cipherSuites, groups, signatureSchemes, srtpProfiles, versions } = hello;
		for (const list of [cipherSuites, groups, signatureSchemes, srtpProfiles, versions]) {
			promise(2 * list.length <= input.length, 'lists are in the message');
		}
	},
};

/** Datagrams to the server's side of a handshake: nobody becomes somebody without the key, and little is sent back. */
export const dtlsServer: FuzzTarget = {
	name: 'dtls-server',
	shape: 'packets',
	run(input) {
		let sent = 0;
		let received = 0;
		let secured = false;
		let ends = 0;
		const clock = new VirtualClock();
		const session = new DtlsSession({
			certificate: CERTIFICATE,
			remoteFingerprint: { algorithm: ALGORITHM, value: VALUE },
			clock,
			send: (datagram) => {
				sent += datagram.length;
			},
			onSecured: () => {
				secured = true;
			},
			onClosed: () => ends++,
		});
		for (const packet of unpack(input)) {
			received++;
			session.receive(Buffer.from(packet));
		}
		session.close();
		promise(!secured, 'nobody is let in without the key of the certificate');
		promise(ends <= 1, 'a session ends once');
		// One flight, repeated at most as often as its limit says, and an alert.
		promise(sent <= 40 * 2048 && (received > 0 || sent === 0), 'what is sent back is bounded');
	},
};
