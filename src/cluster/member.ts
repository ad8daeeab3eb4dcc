import { randomBytes } from 'node:crypto';
import type { Timer } from '../base/clock.ts';
import { DualcastError, toError } from '../base/errors.ts';
import { CameraOwnership } from './camera-ownership.ts';
import type { CameraOwner, Cluster, ClusterNode, NodeRole, PlaceWish } from './cluster.ts';
import { GoneNodes } from './gone-nodes.ts';
import { Heartbeat } from './heartbeat.ts';
import { MAX_OFFERS } from './limits.ts';
import { aboutOf, type MemberOptions, patienceOf } from './member-options.ts';
import { readMessage, type Told } from './messages.ts';
import { NodeTable } from './node-table.ts';
import { PeerWatch, peersOf } from './peer-watch.ts';
import { Placer } from './placer.ts';
import { RedisLink } from './redis-link.ts';
import { BURY, DRAIN, LEAVE } from './scripts.ts';
import { SharedRevocations } from './shared-revocations.ts';

/** Shortest time between two looks at the table, in milliseconds. */
const PAUSE_MS = 50;
const PROCESS_BYTES = 9;

/** A node in the cluster: it tells how it is, knows the others, and, as a main, gets cameras. */
export class Member implements Cluster {
	readonly #options: MemberOptions;
	readonly #process = randomBytes(PROCESS_BYTES).toString('base64url');
	readonly #table = new NodeTable();
	readonly #heartbeat: Heartbeat;
	readonly #ownership: CameraOwnership;
	readonly #link: RedisLink;
	readonly #placer: Placer;
	readonly #revocations: SharedRevocations | undefined;
	readonly #watch: PeerWatch;
	readonly #gone = new GoneNodes();
	readonly #listeners = new Set<() => void>();
	readonly #heart: Timer;
	#closing: Promise<void> | undefined;
	#beating: Promise<void> | undefined;
	/** The time of the next heartbeat came before this one was over. */
	#late = false;
	#soon: Timer | undefined;
	#joined = false;
	/** The last other process that wrote this node's record, and when (`Clock.now()`) it counts as gone. */
	#double: string | undefined;
	#aloneFrom = Number.NEGATIVE_INFINITY;
	#connected = false;
	/** Until then (`Clock.now()`) nodes that Redis does not name may just not have told it yet that they live. */
	#settlesAt = Number.NEGATIVE_INFINITY;

	constructor(options: MemberOptions) {
		this.#options = options;
		const { clock, ttl, heartbeat, redis, logger, random, revocations } = options;
		const offers = options.offers.slice(0, MAX_OFFERS);
		this.#link = new RedisLink({
			...redis,
			channel: `${redis.prefix}events`,
			timeout: patienceOf(options),
			clock,
			logger,
			random,
			onUp: () => this.#up(),
			onDown: () => this.#down(),
			onMessage: (text) => this.#heard(text),
		});
		const { prefix } = redis;
		this.#ownership = new CameraOwnership({
			...{ link: this.#link, prefix, self: options.id, ttl, offers, load: options.load, clock, logger },
			onEnd: () => this.#changed(),
		});
		this.#heartbeat = new Heartbeat({
			...{ link: this.#link, prefix, id: options.id, process: this.#process, ttl, period: heartbeat },
			...{ about: { ...aboutOf(options), offers }, load: options.load, meter: options.meter, clock },
		});
		this.#placer = new Placer({
			...{ table: this.#table, link: this.#link, prefix, process: this.#process, clock },
			gone: () => this.#gone.ids,
		});
		this.#revocations =
			revocations &&
			new SharedRevocations(revocations, {
				...{ link: this.#link, prefix },
				announce: (revocation) => this.#publish(revocation ? { type: 'revoked', revocation } : { type: 'revocations' }),
			});
		this.#watch = new PeerWatch({
			clock,
			onGone: (node) => {
				logger.warn({ gone: node }, 'the process of another node has ended');
				this.#gone.add(node);
				this.#beatSoon();
			},
		});
		this.#heart = clock.every(heartbeat, () => {
			this.#late = this.#beating !== undefined;
			if (this.#link.up) void this.#beatNow();
			// While Redis is away what is known grows old.
			else this.#changed();
		});
	}

	get self(): string {
		return this.#options.id;
	}

	get role(): NodeRole {
		return this.#options.role;
	}

	get connected(): boolean {
		return this.#connected;
	}

	get joined(): boolean {
		return this.#joined;
	}

	nodes(): readonly ClusterNode[] {
		return this.#table.nodes;
	}

	node(id: string): ClusterNode | undefined {
		return this.#table.row(id)?.node;
	}

	streams(): readonly string[] {
		return this.#table.streams;
	}

	place(stream: string, wish?: PlaceWish): Promise<ClusterNode | undefined> {
		return this.#placer.place(stream, wish);
	}

	owner(stream: string): CameraOwner | undefined {
		const owner = this.#table.owner(stream);
		// This node knows better than its last heartbeat.
		if (owner?.node.id === this.self && this.holds(stream) !== owner.fence) return undefined;
		return owner;
	}

	holds(stream: string): number | undefined {
		return this.#ownership.fence(stream);
	}

	async drain(node: string, on: boolean): Promise<void> {
		const found = await this.#link.run(DRAIN, [this.#options.redis.prefix, node, on ? 1 : 0]);
		if (found !== 1) throw new DualcastError('node_not_found', `there is no node ${node} in this cluster`);
		// `node` is who writes the line.
		this.#options.logger.info({ target: node }, on ? 'a node is drained' : 'a node takes viewers again');
		this.#tell({ type: 'changed' });
		await this.#beating;
		await this.#beatNow();
	}

	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	close(): Promise<void> {
		this.#closing ??= this.#leave();
		return this.#closing;
	}

	async #leave(): Promise<void> {
		this.#heart.cancel();
		this.#soon?.cancel();
		this.#watch.close();
		this.#revocations?.close();
		this.#options.meter.close();
		await this.#beating;
		const { prefix } = this.#options.redis;
		try {
			await this.#ownership.giveUp();
			await this.#link.run(LEAVE, [prefix, this.self, this.#process]);
			await this.#publish({ type: 'left', node: this.self });
		} catch {
			// Without Redis the node leaves the table by itself.
		}
		this.#link.close();
	}

	#up(): void {
		if (this.#joined) this.#settlesAt = this.#options.clock.now() + this.#options.ttl;
		const asked = [this.#beatNow(), this.#revocations?.synchronize()];
		Promise.all(asked).then(
			() => this.#link.works(),
			(error) => this.#link.reset(error),
		);
	}

	#down(): void {
		this.#ownership.keep();
		this.#connected = false;
		this.#changed();
	}

	#heard(text: string): void {
		const message = readMessage(text);
		if (!message || message.from === this.#process) return;
		if (message.type === 'revoked') this.#revocations?.heard(message.revocation);
		else if (message.type === 'revocations') this.#revocations?.read().catch((error) => this.#link.reset(error));
		else {
			if (message.type === 'left') this.#table.remove(message.node);
			this.#beatSoon();
		}
	}

	#beatSoon(): void {
		if (this.#closing !== undefined) return;
		this.#soon ??= this.#options.clock.after(PAUSE_MS, () => {
			this.#soon = undefined;
			void this.#beatNow();
		});
	}

	/** One heartbeat; one that runs already is joined. */
	#beatNow(): Promise<void> {
		if (!this.#link.up || this.#closing !== undefined) return Promise.resolve();
		this.#beating ??= this.#beat()
			.catch((error) => this.#link.reset(error))
			.finally(() => {
				this.#beating = undefined;
				if (this.#late) void this.#beatNow();
				this.#late = false;
			});
		return this.#beating;
	}

	async #beat(): Promise<void> {
		const first = !this.#joined;
		// Who may have lost a camera meanwhile does not say that he has it.
		if (!this.#ownership.certain) await this.#ownership.renew();
		const told = await this.#renewAndExchange();
		// Two that take the cameras from each other would do so for ever.
		const isAlone = this.#options.clock.now() >= this.#aloneFrom;
		const changed = isAlone && (await this.#ownership.rebalance(this.#table.nodes, this.#gone.ids));
		await this.#bury();
		if (changed || told !== JSON.stringify(this.#ownership.cameras())) await this.#renewAndExchange();
		if (this.#ownership.moved() || first) this.#tell({ type: 'changed' });
		this.#changed();
	}

	/** At once: with a Redis that is slow, one after the other would take longer than leases live. @returns cameras told of */
	async #renewAndExchange(): Promise<string> {
		const told = JSON.stringify(this.#ownership.cameras());
		await Promise.all([this.#ownership.renew(), this.#exchange()]);
		return told;
	}

	/** Takes nodes whose process has ended off everybody's table. */
	async #bury(): Promise<void> {
		for (const [node, seenAt] of this.#gone.certain) {
			if ((await this.#link.run(BURY, [this.#options.redis.prefix, node, seenAt])) !== 1) continue;
			this.#gone.delete(node);
			this.#table.remove(node);
			this.#tell({ type: 'left', node });
		}
	}

	/** Tells how this node is, and reads the table. */
	async #exchange(): Promise<void> {
		const { clock, logger, ttl } = this.#options;
		const sent = this.#placer.mark();
		const gone = this.#gone.mark();
		const draining = this.node(this.self)?.draining ?? false;
		const { former, rows } = await this.#heartbeat.beat(this.#ownership.cameras(), draining);
		if (this.#joined && former !== '' && former !== this.#process) {
			this.#aloneFrom = clock.now() + ttl;
			if (former !== this.#double) {
				logger.error({}, 'another process has the same cluster.node_id; give each node its own');
			}
			this.#double = former;
		}
		this.#table.update(rows, clock.now() < this.#settlesAt);
		this.#placer.settle(sent);
		this.#gone.settle(gone, this.#table.nodes);
		if (this.role === 'main') this.#watch.update(peersOf(this.#table.nodes, this.self));
		this.#connected = true;
		this.#joined = true;
	}

	#tell(message: Told): void {
		this.#publish(message).catch(() => {
			// Whoever did not hear it sees it with the next heartbeat.
		});
	}

	#publish(message: Told): Promise<void> {
		return this.#link.publish(JSON.stringify({ ...message, from: this.#process }));
	}

	#changed(): void {
		for (const listener of [...this.#listeners]) {
			try {
				listener();
			} catch (error) {
				this.#options.logger.error({ error: toError(error).message }, 'a listener to the cluster failed');
			}
		}
	}
}
