/** A node as `GET /api/v1/cluster/nodes` shows it. */
export type ClusterNodeInfo = {
	id: string;
	role: 'main' | 'sub';
	/** `silent`: not heard of, while Redis is away. */
	state: 'live' | 'draining' | 'silent';
	/** Where viewers reach it. */
	http_url: string;
	rtsp_url?: string;
	/** Viewers it takes at most. */
	capacity: number;
	viewers: number;
	/** Sent to it, and not there yet. */
	viewers_coming: number;
	/** Bits per second. */
	current_bitrate: number;
	/** Share of one core. */
	cpu: number;
	event_loop_delay_ms: number;
	version: string;
	/** Streams that it serves. */
	streams: { id: string; viewers: number }[];
	/** Cameras that it owns. */
	cameras: string[];
	last_seen: string;
};

/** The cluster as `GET /api/v1/cluster` shows it. */
export type ClusterInfo = {
	/** The node that answers; absent where a gateway stands alone. */
	node?: string;
	role: 'standalone' | 'main' | 'sub';
	/** Redis answers; otherwise this is how it was when it last did. */
	connected: boolean;
	nodes: ClusterNodeInfo[];
};
