import type { StreamInfo, StreamStats } from '../../../src/api/ports.ts';
import type { WebRtcSession } from '../../../src/api/whep/webrtc-port.ts';

async function get<Body>(url: string): Promise<Body> {
	const response = await fetch(url);
	if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
	return (await response.json()) as Body;
}

export function streamInfo(gateway: string, id: string): Promise<StreamInfo> {
	return get(`${gateway}/api/v1/streams/${id}`);
}

export function streamStats(gateway: string, id: string): Promise<StreamStats> {
	return get(`${gateway}/api/v1/streams/${id}/stats`);
}

export async function webRtcSessions(gateway: string): Promise<WebRtcSession[]> {
	const body = await get<WebRtcSession[] | { sessions: WebRtcSession[] }>(`${gateway}/api/v1/webrtc/sessions`);
	return Array.isArray(body) ? body : body.sessions;
}
