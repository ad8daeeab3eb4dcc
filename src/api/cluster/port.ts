/** A node as `/api/v1/cluster/nodes` shows it. */
export type ClusterNodeInfo = {
	id: string;
	role: 'main' | 'sub';
	/** `silent`: nothing was heard of it for longer than nodes live; Redis is away, so nobody knows. */
	state: 'live' | 'draining' | 'silent';
	/** Where viewers reach it. */
	http_url: string;
	/** Where other nodes pull streams from it; absent where it serves no RTSP. */
	rtsp_url?: string;
	/** Viewers it takes at most. */
	capacity: number;
	viewers: number;
	/** Sent to it, and not there yet. */
	viewers_coming: number;
	/** To viewers, in bits per second. */
	current_bitrate: number;
	/** Of the process, as a share of one core. */
	cpu: number;
	event_loop_delay_ms: number;
	version: string;
	/** Streams that it serves, with their viewers. */
	streams: { id: string; viewers: number }[];
	/** Cameras that it owns. */
	cameras: string[];
	last_seen: string;
};

/** The cluster as one of its nodes sees it, `/api/v1/cluster`. */
export type ClusterInfo = {
	/** The node that answers; absent where a gateway stands alone. */
	node?: string;
	role: 'standalone' | 'main' | 'sub';
	/** Redis answers; otherwise the nodes are as they were when it last did. */
	connected: boolean;
	nodes: ClusterNodeInfo[];
};

export interface ClusterPort {
	info(): ClusterInfo;
	/** @throws DualcastError `node_not_found`, `cluster_unreachable` */
	drain(node: string, on: boolean): Promise<void>;
	/** Called when `info()` changed. @returns stops it */
	onChange(listener: () => void): () => void;
}
