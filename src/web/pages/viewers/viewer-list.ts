import { html, LitElement, nothing } from 'lit';
import { browserClock } from '../../clock.ts';
import type { GatewayUrls } from '../../gateway/paths.ts';
import type { ViewerTotals } from '../../gateway/stream-info.ts';
import { getViewers, mayNotSee, maySeeViewers, type Viewer } from '../../gateway/viewers.ts';
import { bitrateWords } from '../camera-words.ts';
import { poll } from '../poll.ts';
import { recall, remember } from '../remembered.ts';
import { viewerTable } from './viewer-table.ts';

const MEMORY = 'dualcast-viewers';
const PERIOD_MS = 2000;

/**
 * `<viewer-list>`: who watches a stream by WebRTC, and how well; nothing for those who may not know. Asks only while it
 * is open and the page is seen: where everybody may look, a whole class has this page open.
 * Draws into itself, styled by the page.
 */
export class ViewerList extends LitElement {
	static override properties = {
		stream: { type: String },
		urls: { attribute: false },
		count: { type: Number },
		totals: { attribute: false },
		allowed: { state: true },
		viewers: { state: true },
		stale: { state: true },
	};

	declare stream: string;
	declare urls: GatewayUrls;
	/** Of the viewers, as the stream tells. */
	declare count: number;
	declare totals: ViewerTotals | undefined;
	declare allowed: boolean;
	declare viewers: Viewer[] | undefined;
	declare stale: boolean;
	readonly #wasOpen = recall(MEMORY) === 'open';
	#polling: AbortController | undefined;

	constructor() {
		super();
		this.count = 0;
		this.allowed = false;
		this.stale = false;
	}

	protected override createRenderRoot(): HTMLElement {
		return this;
	}

	protected override firstUpdated(): void {
		void maySeeViewers(this.urls, this.stream, fetch).then((allowed) => {
			this.allowed = allowed;
		});
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		this.#polling?.abort();
	}

	protected override render() {
		if (!this.allowed) return nothing;
		return html`
			<details class="card" ?open=${this.#wasOpen} @toggle=${(event: Event) => this.#onToggle(event)}>
				<summary><h2>Viewers</h2> <span class="quiet">${this.#summary()}</span></summary>
				${this.#table()}
			</details>
		`;
	}

	#summary(): string {
		if (this.count === 0) return 'nobody by WebRTC';
		return `${this.count} by WebRTC, ${bitrateWords(this.totals?.current_bitrate ?? 0)}`;
	}

	#table() {
		if (!this.viewers) return html`<p class="loading">Loading</p>`;
		if (this.viewers.length === 0) return html`<p class="quiet">Nobody watches by WebRTC at the moment.</p>`;
		return html`
			<div class=${this.stale ? 'stale' : ''}>
				${viewerTable(this.viewers, this.totals, this.stream, Date.now())}
			</div>
		`;
	}

	#onToggle({ target }: Event): void {
		const open = target instanceof HTMLDetailsElement && target.open;
		remember(MEMORY, open ? 'open' : 'folded');
		this.#polling?.abort();
		if (!open) return;
		this.#polling = new AbortController();
		void poll({
			load: (signal) => getViewers(this.urls, this.stream, fetch, signal),
			onValue: ({ value, problem }) => {
				this.viewers = value ?? this.viewers;
				this.stale = problem !== undefined;
				if (!problem || !mayNotSee(problem.code)) return 'go-on';
				this.allowed = false;
				return 'end';
			},
			periodMs: PERIOD_MS,
			clock: browserClock,
			hidden: () => document.hidden,
			signal: this.#polling.signal,
		});
	}
}

customElements.define('viewer-list', ViewerList);
