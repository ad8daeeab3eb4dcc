import { setTimeout as delay } from 'node:timers/promises';
import { type RunningGateway, startGateway } from '../test/e2e/harness/gateway.ts';

let secureTransport = 'transport: auto';

/**
 * What encrypts and sends WebRTC media in every gateway from now on: `webrtc.transport`.
 *
 * @param threads `webrtc.threads`; as many as the gateway takes by itself when not given
 */
export function useTransport(name: string, threads?: number): void {
	secureTransport = `transport: ${name}${threads === undefined ? '' : `, threads: ${threads}`}`;
}

/** Configuration of a gateway under measurement: loopback only, on ports of the system's choice. */
export function benchConfig(
	streams: Readonly<Record<string, string>>,
	onDemand = true,
	transport: 'auto' | 'tcp' | 'udp' = 'auto',
): string {
	return [
		'server: { host: 127.0.0.1 }',
		'log: { level: warn }',
		`webrtc: { udp_port: 0, ${secureTransport} }`,
		'on_demand: { close_after: 1s }',
		'streams:',
		...Object.entries(streams).map(
			([id, url]) => `  ${id}: { source: "${url}", on_demand: ${onDemand}, transport: ${transport} }`,
		),
		'',
	].join('\n');
}

/** Runs `use` with a built gateway in a process of its own. */
export async function withGateway<T>(
	config: string,
	use: (gateway: RunningGateway & { readonly pid: number }) => Promise<T>,
): Promise<T> {
	const gateway = await startGateway(config);
	try {
		return await use({ ...gateway, pid: gateway.process.pid as number });
	} finally {
		await gateway.stop();
	}
}

/** Waits until a stream is in a state, as the API tells it. @throws Error after ten seconds */
export async function untilState(url: string, id: string, state: string): Promise<void> {
	for (let attempt = 0; attempt < 100; attempt++) {
		const stream = (await (await fetch(`${url}/api/v1/streams/${id}`)).json()) as { state: string };
		if (stream.state === state) return;
		await delay(100);
	}
	throw new Error(`stream ${id} did not become ${state}`);
}
