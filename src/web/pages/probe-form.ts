import { html, LitElement, nothing } from 'lit';
import type { ProbeReport } from '../gateway/camera.ts';
import { gatewayUrls, tokenOfSearch } from '../gateway/paths.ts';
import type { Problem } from '../gateway/problem.ts';
import { problemWords } from '../gateway/problem-words.ts';
import { probeCamera } from '../gateway/streams.ts';
import { foundWords } from './camera-words.ts';
import { adviceList, verdictList } from './verdict-list.ts';

type Outcome = { report: ProbeReport; problem?: undefined } | { report?: undefined; problem: Problem };

/**
 * `<probe-form>`: looks at a camera by its address and says what it sends, where it plays and what to set.
 * Draws into itself, styled by the page.
 */
export class ProbeForm extends LitElement {
	static override properties = { busy: { state: true }, outcome: { state: true } };

	declare busy: boolean;
	declare outcome: Outcome | undefined;
	#abort: AbortController | undefined;

	constructor() {
		super();
		this.busy = false;
		this.outcome = undefined;
	}

	protected override createRenderRoot(): HTMLElement {
		return this;
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		this.#abort?.abort();
	}

	protected override render() {
		return html`
			<form @submit=${(event: SubmitEvent) => this.#submit(event)}>
				<label class="address">
					<span>Address of a camera</span>
					<input name="source" required placeholder="rtsp://192.168.1.20:554/stream1" autocomplete="off" spellcheck="false" inputmode="url" />
				</label>
				<label><span>User</span><input name="username" autocomplete="off" spellcheck="false" /></label>
				<label><span>Password</span><input name="password" type="password" autocomplete="off" /></label>
				<button class="primary" ?disabled=${this.busy}>${this.busy ? 'Looking' : 'Look'}</button>
			</form>
			<div class="found" aria-live="polite">
				${this.busy ? html`<p class="working">Connecting and watching for a few seconds</p>` : this.#outcome()}
			</div>
		`;
	}

	#outcome() {
		if (!this.outcome) return nothing;
		const { report, problem } = this.outcome;
		if (problem) return html`<p class="banner" role="alert">${problemWords(problem)}</p>`;
		const way = [report.server, report.transport && `RTSP over ${report.transport.toUpperCase()}`].filter(Boolean);
		return html`
			<div class="report">
				<div>
					<h3>${report.source}</h3>
					${way.length > 0 ? html`<p class="quiet">${way.join(' · ')}</p>` : nothing}
					${foundWords(report).map((line) => html`<p>${line}</p>`)}
					${report.skipped.map(({ kind, codec, reason }) => html`<p class="quiet">Left out: ${kind} ${codec}. ${reason}</p>`)}
					${adviceList(report.advice)}
				</div>
				${verdictList(report.outputs)}
			</div>
		`;
	}

	async #submit(event: SubmitEvent): Promise<void> {
		event.preventDefault();
		const fields = new FormData(event.target as HTMLFormElement);
		const field = (name: string) => String(fields.get(name) ?? '');
		const [username, password] = [field('username').trim(), field('password')];
		const camera = {
			source: field('source').trim(),
			...(username !== '' && { username }),
			...(password !== '' && { password }),
		};
		this.#abort?.abort();
		const abort = new AbortController();
		this.#abort = abort;
		this.busy = true;
		const urls = gatewayUrls(location.origin, tokenOfSearch(location.search));
		const { value, problem } = await probeCamera(urls, camera, fetch, abort.signal);
		if (this.#abort !== abort) return;
		this.busy = false;
		this.outcome = value ? { report: value } : { problem: problem as Problem };
	}
}

customElements.define('probe-form', ProbeForm);
