import type { CameraOwner, Cluster, ClusterNode, NodeRole, PlaceWish } from '../../../../src/cluster/cluster.ts';

/** A node of a cluster whose table the test writes. */
export class FakeCluster implements Cluster {
	readonly self: string;
	readonly role: NodeRole;
	connected = true;
	joined = true;
	readonly #nodes = new Map<string, ClusterNode>();
	readonly #owners = new Map<string, CameraOwner>();
	readonly #held = new Map<string, number>();
	readonly #listeners = new Set<() => void>();
	offered: string[] = ['cam'];
	/** Of the asked exclusions. */
	readonly placed: (readonly string[])[] = [];
	readonly wishes: PlaceWish[] = [];
	closed = false;

	constructor(self: string, role: NodeRole) {
		this.self = self;
		this.role = role;
		this.set({ id: self, role });
	}

	get listeners(): number {
		return this.#listeners.size;
	}

	set(node: Partial<ClusterNode> & { id: string }): ClusterNode {
		const known = this.#nodes.get(node.id) ?? {
			role: 'sub' as const,
			http: `http://${node.id}:8107`,
			rtsp: `rtsp://${node.id}:8556`,
			capacity: 150,
			viewers: 0,
			reserved: 0,
			bitrate: 0,
			cpu: 0,
			eventLoopDelay: 0,
			draining: false,
			version: '1',
			streams: [],
			cameras: [],
			offers: [],
			seenAt: 0,
		};
		const whole = { ...known, ...node };
		this.#nodes.set(node.id, whole);
		this.tell();
		return whole;
	}

	gone(id: string): void {
		this.#nodes.delete(id);
		this.tell();
	}

	own(stream: string, id: string, fence: number): void {
		const node = this.#nodes.get(id) ?? this.set({ id, role: 'main' });
		this.#owners.set(stream, { node, fence });
		if (id === this.self) this.#held.set(stream, fence);
		else this.#held.delete(stream);
		this.tell();
	}

	disown(stream: string): void {
		this.#owners.delete(stream);
		this.#held.delete(stream);
		this.tell();
	}

	tell(): void {
		for (const listener of [...this.#listeners]) listener();
	}

	nodes = () => [...this.#nodes.values()];
	node = (id: string) => this.#nodes.get(id);
	owner = (stream: string) => this.#owners.get(stream);
	holds = (stream: string) => this.#held.get(stream);
	streams = () => this.offered;

	async place(_stream: string, wish: PlaceWish = {}) {
		const { exclude = [] } = wish;
		this.placed.push(exclude);
		this.wishes.push(wish);
		return this.nodes().find(({ id, role, draining }) => role === 'sub' && !draining && !exclude.includes(id));
	}

	async drain(node: string, on: boolean): Promise<void> {
		this.set({ id: node, draining: on });
	}

	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	async close(): Promise<void> {
		this.closed = true;
	}
}
