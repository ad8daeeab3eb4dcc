import { html, LitElement, nothing } from 'lit';
import { drainNode } from '../../gateway/cluster.ts';
import type { Problem } from '../../gateway/problem.ts';

/** What is said to somebody who may not. */
const ASK_FOR_TOKEN = new Set(['token_missing', 'token_invalid', 'token_expired', 'token_revoked', 'forbidden']);

/**
 * `<drain-switch>`: drains a node or takes it back. Asks for an admin's token when the page has none that may, and
 * keeps it until the page is left.
 * Draws into itself, styled by the page.
 */
export class DrainSwitch extends LitElement {
	/** Of the page's own address, or typed in. */
	static token = '';

	static override properties = {
		node: { type: String },
		url: { type: String },
		draining: { type: Boolean },
		busy: { state: true },
		problem: { state: true },
	};

	declare node: string;
	/** Where the node is drained. */
	declare url: string;
	declare draining: boolean;
	declare busy: boolean;
	declare problem: Problem | undefined;

	constructor() {
		super();
		this.node = '';
		this.url = '';
		this.draining = false;
		this.busy = false;
		this.problem = undefined;
	}

	protected override createRenderRoot(): HTMLElement {
		return this;
	}

	protected override render() {
		const label = this.draining ? 'Use again' : 'Drain';
		return html`
			<button class="quiet-button" ?disabled=${this.busy} @click=${() => void this.#send()} aria-label="${label}: ${this.node}">
				${label}
			</button>
			${this.problem ? this.#refused(this.problem) : nothing}
		`;
	}

	#refused({ code, message }: Problem) {
		if (!ASK_FOR_TOKEN.has(code)) return html`<p class="refused" role="alert">${message}</p>`;
		return html`
			<form class="refused" @submit=${(event: SubmitEvent) => this.#submit(event)}>
				<label>
					<span>This takes an admin's token${code === 'token_missing' ? '' : `; that one was refused`}</span>
					<input name="token" type="password" required autocomplete="off" spellcheck="false" />
				</label>
				<button class="primary">Go on</button>
				<button class="quiet-button" type="button" @click=${() => (this.problem = undefined)}>Leave it</button>
			</form>
		`;
	}

	#submit(event: SubmitEvent): void {
		event.preventDefault();
		if (!(event.target instanceof HTMLFormElement)) return;
		const token = new FormData(event.target).get('token');
		DrainSwitch.token = typeof token === 'string' ? token.trim() : '';
		void this.#send();
	}

	async #send(): Promise<void> {
		this.busy = true;
		this.problem = await drainNode(this.url, !this.draining, DrainSwitch.token, fetch);
		this.busy = false;
	}
}

customElements.define('drain-switch', DrainSwitch);
