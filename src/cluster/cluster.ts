/** What a node does: a main owns cameras and routes viewers, a sub serves viewers. */
export type NodeRole = 'main' | 'sub';

/** A node as the others know it from its last heartbeat. */
export type ClusterNode = {
	readonly id: string;
	readonly role: NodeRole;
	/** Base of its HTTP addresses for viewers, without a slash at the end: `http://192.0.2.7:8107`. */
	readonly http: string;
	/** Base of its RTSP addresses for other nodes, without a slash at the end; undefined where it serves no RTSP. */
	readonly rtsp: string | undefined;
	/** Viewers it can serve. */
	readonly capacity: number;
	/** Viewers it serves. */
	readonly viewers: number;
	/** Viewers sent to it that have not arrived yet; forgotten when they do not come. */
	readonly reserved: number;
	/** To viewers, in bits per second. */
	readonly bitrate: number;
	/** Of the process, as a share of one core: 0 … number of cores. */
	readonly cpu: number;
	/** Milliseconds, the worst of a hundred turns of its event loop since the heartbeat before. */
	readonly eventLoopDelay: number;
	/** It takes no new viewers and gives its cameras away. */
	readonly draining: boolean;
	/** Of Dualcast. */
	readonly version: string;
	/** Streams it serves, with their viewers. */
	readonly streams: readonly { readonly id: string; readonly viewers: number }[];
	/** Cameras it owns, each with the fence of its lease. */
	readonly cameras: readonly { readonly id: string; readonly fence: number }[];
	/** Streams that stand in its configuration: a main's cameras, whether it owns them or not. */
	readonly offers: readonly string[];
	/** When it was heard of the last time, in milliseconds since the Unix epoch. */
	readonly seenAt: number;
};

/** The main that holds the lease of a camera. */
export type CameraOwner = {
	readonly node: ClusterNode;
	/**
	 * Grows with every change of owner. Who has seen a higher one refuses this owner: it does not know yet that it lost
	 * the lease.
	 */
	readonly fence: number;
};

/** How a place is wanted. */
export type PlaceWish = {
	/** Nodes that are not to be chosen, such as the one a viewer just lost. */
	readonly exclude?: readonly string[] | undefined;
	/**
	 * Whom the place is for. Nobody keeps more places than are left for others: who asks for another one is placed like
	 * everybody, but nothing is kept. Undefined for one of whom there is no second.
	 */
	readonly holder?: string | undefined;
	/** False where no viewer follows: nothing is kept then. */
	readonly reserve?: boolean | undefined;
};

/** What a node tells of itself with each heartbeat. */
export interface NodeLoad {
	/** Viewers of each stream that has some. */
	streams(): readonly { readonly id: string; readonly viewers: number }[];
	/** To viewers, in bits per second. */
	bitrate(): number;
	/** True while somebody reads the stream here, a viewer or another node; its camera then stays where it is. */
	inUse(stream: string): boolean;
}

/**
 * This node's view of the cluster. Everything but `place` and `drain` answers at once from the last known table, which
 * stays while Redis is away.
 */
export interface Cluster {
	/** This node's id. */
	readonly self: string;
	readonly role: NodeRole;
	/** True while Redis answers. */
	readonly connected: boolean;
	/** True from the first table on: before, nothing is known. */
	readonly joined: boolean;

	/** Every live node, this one too, ordered by id. While Redis is away the last known ones; see `seenAt`. */
	nodes(): readonly ClusterNode[];
	node(id: string): ClusterNode | undefined;

	/**
	 * Chooses the sub for one more viewer of a stream and reserves a place there until the viewer arrives. Undefined
	 * when no sub takes viewers.
	 */
	place(stream: string, wish?: PlaceWish): Promise<ClusterNode | undefined>;

	/**
	 * The main to pull a stream from; undefined while nobody owns its camera. Never one with a lower fence than an owner
	 * that was named before.
	 */
	owner(stream: string): CameraOwner | undefined;
	/**
	 * The fence under which this node owns the camera; undefined when it does not. Ends by this machine's own clock
	 * before another main can get the lease, so a process that was paused is not fooled. While Redis is away nobody can
	 * get it, and it stays.
	 */
	holds(stream: string): number | undefined;
	/** Ids of the streams that live mains offer, in order. */
	streams(): readonly string[];

	/**
	 * Marks a node as draining, or takes the mark away. The mark outlives the node's process.
	 *
	 * @throws DualcastError `node_not_found`, `cluster_unreachable`
	 */
	drain(node: string, on: boolean): Promise<void>;

	/** Called when nodes, loads, owners, drain marks or `connected` changed. @returns stops it */
	onChange(listener: () => void): () => void;

	/** Gives the cameras away, takes the node off the table and leaves. Idempotent. */
	close(): Promise<void>;
}
