import { freePort } from '../../camera/free-port.ts';
import { TestRedis } from '../../fakes/redis-server.ts';
import { type RunningGateway, startGateway } from './gateway.ts';
import { eventually } from './wait.ts';

/** The part of `GET /api/v1/cluster/nodes` that the tests read. */
export type NodeInfo = {
	id: string;
	role: 'main' | 'sub';
	state: 'live' | 'draining' | 'silent';
	http_url: string;
	viewers: number;
	cameras: string[];
	streams: { id: string; viewers: number }[];
};

/** What `POST /api/token` gives. */
export type Place = {
	token: string;
	node: string | null;
	webrtc_url: string;
	hls_url: string;
	ll_hls_url: string;
	watch_url: string;
};

export type ClusterPlan = {
	readonly mains: readonly string[];
	readonly subs: readonly string[];
	/** YAML of the mains' streams. */
	readonly streams?: string;
	/** YAML of the section `auth` beside its secret. */
	readonly auth?: string;
	/** Further lines of the section `cluster`. */
	readonly cluster?: string;
	/** `heartbeat` and `node_ttl`; by default quick ones. */
	readonly times?: readonly [heartbeat: string, ttl: string];
	/** Further sections. */
	readonly more?: string;
};

export const API_KEY = 'the key of the school, thirty-two bytes';
const SECRET = 'what the nodes of this cluster share';
const DEADLINE_MS = 20_000;
const QUICK = ['500ms', '2s'] as const;

/** A real cluster on this machine: Debian's Redis and a process for each node. */
export class RunningCluster {
	readonly redis: TestRedis;
	readonly #plan: ClusterPlan;
	readonly #nodes = new Map<string, RunningGateway>();
	/** Where mains give their streams to subs. */
	readonly pullPorts = new Map<string, number>();
	/** What each node wrote, also one that was ended. */
	readonly outputs = new Map<string, () => string>();
	/** Good at every node. */
	#adminToken: string | undefined;

	private constructor(redis: TestRedis, plan: ClusterPlan) {
		this.redis = redis;
		this.#plan = plan;
	}

	/** @returns when every node knows the others and every camera has an owner */
	static async start(plan: ClusterPlan): Promise<RunningCluster> {
		const cluster = new RunningCluster(await TestRedis.start(), plan);
		try {
			await cluster.restore();
			return cluster;
		} catch (failure) {
			await cluster.stop();
			throw failure;
		}
	}

	node(id: string): RunningGateway {
		const found = this.#nodes.get(id);
		if (!found) throw new Error(`there is no node ${id}`);
		return found;
	}

	/** Starts a node; its role is the plan's. */
	async add(id: string): Promise<RunningGateway> {
		const { mains, streams = 'cam: demo', auth = 'read: jwt', cluster = '', more = '', times = QUICK } = this.#plan;
		const isMain = mains.includes(id);
		const pullPort = await freePort();
		if (isMain) this.pullPorts.set(id, pullPort);
		const node = await startGateway(`
server: { host: 127.0.0.1 }
webrtc: { udp_port: 0 }
auth: { ${auth}, secret: "${SECRET}, for tokens", api_keys: ["${API_KEY}"] }
cluster:
  role: ${isMain ? 'main' : 'sub'}
  node_id: ${id}
  address: 127.0.0.1
  secret: "${SECRET}"
  rtsp_port: ${pullPort}
  redis: { url: "${this.redis.url}" }
  heartbeat: ${times[0]}
  node_ttl: ${times[1]}
${cluster}
on_demand: { close_after: 1s }
${isMain ? `streams: { ${streams} }` : ''}
${more}
`);
		this.#nodes.set(id, node);
		this.outputs.set(id, () => node.output());
		return node;
	}

	/** Ends a node with no chance to say goodbye. */
	async kill(id: string): Promise<void> {
		await this.node(id).kill();
		this.#nodes.delete(id);
	}

	/** Ends a node as an upgrade does. */
	async end(id: string): Promise<number | null> {
		const code = await this.node(id).stop();
		this.#nodes.delete(id);
		return code;
	}

	/** Starts the nodes that do not run, and takes drain marks away. */
	async restore(): Promise<void> {
		const { mains, subs } = this.#plan;
		// One after the other: each start takes a whole core for a while.
		for (const id of [...mains, ...subs]) if (!this.#nodes.has(id)) await this.add(id);
		const [asked = ''] = mains;
		await this.settled();
		for (const { id, state } of await this.nodes(asked)) {
			if (state === 'draining') await this.#mark(asked, id, 'DELETE');
		}
		await this.#everywhere((nodes) => nodes.every(({ state }) => state === 'live'));
	}

	/** Waits until all nodes that run know one another, and every camera has an owner among them. */
	async settled(): Promise<void> {
		const ids = [...this.#nodes.keys()].sort().join();
		const names = (nodes: readonly NodeInfo[]) => nodes.map(({ id }) => id).sort();
		await this.#everywhere((nodes) => names(nodes).join() === ids && nodes.some(({ cameras }) => cameras.length > 0));
	}

	/** The table as a node knows it. */
	async nodes(asked: string): Promise<NodeInfo[]> {
		const { url } = this.node(asked);
		const response = await fetch(`${url}/api/v1/cluster/nodes`, { headers: await this.#admin(url) });
		if (!response.ok) throw new Error(await response.text());
		return (await response.json()) as NodeInfo[];
	}

	drain(asked: string, node: string): Promise<void> {
		return this.#mark(asked, node, 'POST');
	}

	/** A viewer's token and place. @throws Error with status and body when there is none */
	async place(asked: string, user: string, stream = 'cam'): Promise<Place> {
		const fields = new URLSearchParams({ user_id: user, stream });
		const url = `${this.node(asked).url}/api/token?${fields}`;
		const response = await fetch(url, { method: 'POST', headers: { 'x-api-key': API_KEY } });
		const body = await response.text();
		if (!response.ok) throw new Error(`${response.status} ${response.headers.get('retry-after')}: ${body}`);
		return JSON.parse(body) as Place;
	}

	/** A resource of a node's API, with an admin's right. */
	async get<Body>(id: string, path: string): Promise<Body> {
		const { url } = this.node(id);
		const response = await fetch(`${url}${path}`, { headers: await this.#admin(url) });
		if (!response.ok) throw new Error(await response.text());
		return (await response.json()) as Body;
	}

	async stop(): Promise<void> {
		await Promise.all([...this.#nodes.values()].map((node) => node.kill()));
		await this.redis.stop();
	}

	async #everywhere(holds: (nodes: NodeInfo[]) => boolean): Promise<void> {
		for (const id of this.#nodes.keys()) await eventually(() => this.nodes(id), holds, DEADLINE_MS);
	}

	async #mark(asked: string, node: string, method: 'POST' | 'DELETE'): Promise<void> {
		const { url } = this.node(asked);
		const headers = await this.#admin(url);
		const response = await fetch(`${url}/api/v1/cluster/nodes/${node}/drain`, { method, headers });
		if (!response.ok) throw new Error(await response.text());
	}

	async #admin(url: string): Promise<Record<string, string>> {
		if (this.#adminToken === undefined) {
			const fields = new URLSearchParams({ user_id: 'head', user_type: 'admin', action: 'admin' });
			const response = await fetch(`${url}/api/token?${fields}`, { method: 'POST', headers: { 'x-api-key': API_KEY } });
			this.#adminToken = ((await response.json()) as Place).token;
		}
		return { authorization: `Bearer ${this.#adminToken}` };
	}
}
