import { html, LitElement } from 'lit';
import { browserClock } from '../clock.ts';

const FEEDBACK_MS = 1800;

/**
 * `<copy-field label="HLS" value="https://…">`: a text to take away with one click.
 * With the class `block` it shows text of many lines.
 * Draws into itself, styled by the page.
 */
export class CopyField extends LitElement {
	static override properties = {
		label: { type: String },
		value: { type: String },
		hint: { type: String },
		outcome: { state: true },
	};

	declare label: string;
	declare value: string;
	declare hint: string;
	declare outcome: '' | 'copied' | 'selected';
	#cancelFeedback: () => void = () => undefined;

	constructor() {
		super();
		this.label = '';
		this.value = '';
		this.hint = '';
		this.outcome = '';
	}

	protected override createRenderRoot(): HTMLElement {
		return this;
	}

	protected override render() {
		const texts = { '': 'Copy', copied: 'Copied', selected: 'Press Ctrl+C' };
		return html`
			<span class="copy-label" title=${this.hint}>${this.label}</span>
			<code class="copy-value">${this.value}</code>
			<button class="copy-button ${this.outcome}" @click=${() => void this.#copy()} aria-label="Copy ${this.label}">
				${texts[this.outcome]}
			</button>
			<span class="visually-hidden" role="status">${this.outcome === '' ? '' : `${this.label}: ${texts[this.outcome]}`}</span>
		`;
	}

	async #copy(): Promise<void> {
		const text = this.querySelector('.copy-value');
		this.outcome = (await copyText(this.value)) || (text && copySelected(text)) ? 'copied' : 'selected';
		this.#cancelFeedback();
		this.#cancelFeedback = browserClock.after(FEEDBACK_MS, () => {
			this.outcome = '';
		});
	}

	override disconnectedCallback(): void {
		super.disconnectedCallback();
		this.#cancelFeedback();
	}
}

/** Puts a text on the clipboard; false where the browser forbids it, as it does on plain http but for localhost. */
async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return false;
	}
}

/** The older way, which is open to every page: the text stays selected for the keyboard where it fails too. */
function copySelected(text: Element): boolean {
	getSelection()?.selectAllChildren(text);
	const copied = document.execCommand('copy');
	if (copied) getSelection()?.removeAllRanges();
	return copied;
}

customElements.define('copy-field', CopyField);
