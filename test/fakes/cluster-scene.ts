import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { Member } from '../../src/cluster/member.ts';
import type { MemberOptions } from '../../src/cluster/member-options.ts';

/** What a test's node has to do, as the test sets it. */
export class TestLoad {
	readonly viewers = new Map<string, number>();
	readonly used = new Set<string>();

	streams() {
		return [...this.viewers].map(([id, viewers]) => ({ id, viewers }));
	}

	bitrate(): number {
		return 2_000_000 * [...this.viewers.values()].reduce((sum, viewers) => sum + viewers, 0);
	}

	inUse(stream: string): boolean {
		return this.used.has(stream);
	}
}

/** Fast enough for a test, slow enough for a loaded machine. */
export const TIMES = { heartbeat: 200, ttl: 2_500 } as const;

/** Nodes of one cluster in this process, each with a connection of its own. */
export class ClusterScene {
	readonly #members = new Set<Member>();
	readonly #url: string;

	constructor(url: string) {
		this.#url = url;
	}

	main(id: string, offers: readonly string[], changes: Partial<MemberOptions> = {}) {
		return this.#add({ id, role: 'main', offers, capacity: 1, rtsp: `rtsp://${id}.test:8554`, ...changes });
	}

	sub(id: string, capacity = 150, changes: Partial<MemberOptions> = {}) {
		return this.#add({ id, role: 'sub', offers: [], capacity, ...changes });
	}

	async close(): Promise<void> {
		await Promise.all([...this.#members].map((member) => member.close()));
		this.#members.clear();
	}

	#add(options: Pick<MemberOptions, 'id' | 'role' | 'offers' | 'capacity'> & Partial<MemberOptions>) {
		const load = new TestLoad();
		const member = new Member({
			http: `http://${options.id}.test:8107`,
			version: '1.2.3',
			redis: { url: this.#url, prefix: 'test:' },
			...TIMES,
			load,
			meter: { read: () => ({ cpu: 0.25, eventLoopDelay: 1.5 }), close: () => {} },
			clock: systemClock,
			logger: silentLogger,
			random: Math.random,
			...options,
		});
		this.#members.add(member);
		return { member, load };
	}
}

const DEADLINE_MS = 20_000;

/** Waits for what the cluster tells of, and says what was waited for when it does not come. */
export function until(clusters: Cluster | readonly Cluster[], what: string, holds: () => boolean): Promise<void> {
	const watched = [clusters].flat();
	return new Promise((resolve, reject) => {
		const stops: (() => void)[] = [];
		const settle = (end: () => void) => {
			clearTimeout(timer);
			for (const stop of stops) stop();
			end();
		};
		const timer = setTimeout(() => settle(() => reject(new Error(`waited in vain for: ${what}`))), DEADLINE_MS);
		const look = () => {
			if (holds()) settle(resolve);
		};
		stops.push(...watched.map((cluster) => cluster.onChange(look)));
		look();
	});
}
