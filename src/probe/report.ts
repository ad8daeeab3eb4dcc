import type { Camera } from './camera.ts';
import type { Verdict } from './verdict.ts';

/** What a probe found out. Names are those of the API; it never holds credentials. */
export type ProbeReport = Camera & {
	/** Address of the camera, without credentials. */
	source: string;
	/** What the camera calls itself. */
	server?: string;
	transport?: string;
	/** Why this transport, when it was not the first choice. */
	transport_reason?: string;
	/** Milliseconds for a short question to the camera and back. */
	rtt_ms?: number;
	/** Milliseconds from the start of the probe. */
	first_packet_ms?: number;
	first_key_frame_ms?: number;
	/** For how long media was watched. */
	media_seconds: number;
	packets_received: number;
	packets_lost: number;
	outputs: Verdict[];
	/** Settings of the camera that would help, each once. */
	advice: string[];
};
