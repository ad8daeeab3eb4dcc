import type { PeerDiagnosis } from './transport/secure-transport.ts';

/** How far a viewer's connection came: each step needs the one before. */
export type ConnectionStage = 'no_checks' | 'no_handshake' | 'handshake' | 'no_media' | 'media';

/** Where connecting stands, or stopped, for people. */
export type ConnectionReport = {
	stage: ConnectionStage;
	/** What that means and what helps. */
	explanation: string;
	/** Addresses offered to the viewer, as `udp 192.0.2.1:8189`. */
	offered: string[];
	/** Authenticated ICE checks that arrived. */
	checks_received: number;
	dtls_datagrams_received: number;
};

const CANDIDATE = /^\S+ \d+ (\S+) \d+ (\S+) (\d+) /;

/**
 * @param candidates values of `a=candidate` lines
 * @param sent whether a media packet was sent, of the picture where there is one
 */
export function connectionReport(
	{ state, bindingRequests, dtlsDatagrams }: PeerDiagnosis,
	candidates: readonly string[],
	sent: boolean,
): ConnectionReport {
	const offered = candidates.flatMap((candidate) => {
		const [, transport, address = '', port] = CANDIDATE.exec(candidate) ?? [];
		return transport === undefined ? [] : [`${transport} ${address.includes(':') ? `[${address}]` : address}:${port}`];
	});
	const stage = stageOf(state === 'secured', bindingRequests, dtlsDatagrams, sent);
	return {
		stage,
		explanation: EXPLANATIONS[stage](offered),
		offered,
		checks_received: bindingRequests,
		dtls_datagrams_received: dtlsDatagrams,
	};
}

function stageOf(secured: boolean, checks: number, dtls: number, sent: boolean): ConnectionStage {
	if (secured) return sent ? 'media' : 'no_media';
	if (checks === 0) return 'no_checks';
	return dtls === 0 ? 'no_handshake' : 'handshake';
}

const EXPLANATIONS: Readonly<Record<ConnectionStage, (offered: readonly string[]) => string>> = {
	no_checks: (offered) =>
		`nothing of the viewer arrives at ${offered.join(', ')}: open this port on the way` +
		(offered.some((address) => address.startsWith('tcp '))
			? ', for UDP and for TCP, or name the address viewers reach in webrtc.additional_hosts'
			: ', name the address viewers reach in webrtc.additional_hosts, or set webrtc.tcp_port for networks that block UDP'),
	no_handshake: () =>
		'checks of the viewer arrive, but it starts no DTLS: the answers do not reach it; look for a firewall that ' +
		'lets packets through in one direction only',
	handshake: () => 'the DTLS handshake has begun and is not finished: packets are lost on the way, or it is refused',
	no_media: () => 'the viewer is connected, but the camera has sent no key frame yet',
	media: () => 'media is being sent',
};
