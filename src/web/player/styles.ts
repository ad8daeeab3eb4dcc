import { css } from 'lit';

/** The player's look. Over the picture it is dark in both colour schemes; beneath it, it follows the page. */
export const playerStyles = css`
	:host {
		--accent: #4cc2b4;
		display: block;
		container-type: inline-size;
		color: #eef2f6;
		font: 400 0.875rem/1.45 system-ui, sans-serif;
	}
	:host([hidden]) {
		display: none;
	}
	.player {
		position: relative;
		overflow: hidden;
		border-radius: var(--dualcast-player-radius, 14px);
		background: #06080b;
	}
	.stage {
		position: relative;
		display: grid;
		aspect-ratio: var(--ratio, 16 / 9);
	}
	video {
		position: absolute;
		inset: 0;
		inline-size: 100%;
		block-size: 100%;
		object-fit: contain;
	}
	button {
		display: inline-flex;
		align-items: center;
		justify-content: center;
		gap: 0.4rem;
		min-inline-size: 40px;
		min-block-size: 40px;
		padding: 0 0.6rem;
		border: 0;
		border-radius: 999px;
		background: rgb(10 14 19 / 0.7);
		color: inherit;
		font: inherit;
		cursor: pointer;
	}
	button:hover {
		background: rgb(32 40 50 / 0.85);
	}
	button:focus-visible {
		outline: 2px solid var(--accent);
		outline-offset: 2px;
	}
	.quiet {
		color: #b3bfcc;
	}
	.unseen {
		position: absolute;
		inline-size: 1px;
		block-size: 1px;
		overflow: hidden;
		clip-path: inset(50%);
		white-space: nowrap;
	}
	.top {
		position: absolute;
		inset: 12px 12px auto 12px;
		display: flex;
		flex-direction: column;
		align-items: start;
		gap: 8px;
		pointer-events: none;
	}
	.top > * {
		pointer-events: auto;
	}
	.badge {
		gap: 0.5rem;
		min-block-size: 36px;
		padding: 0 0.5rem 0 0.8rem;
		font-weight: 550;
		font-variant-numeric: tabular-nums;
	}
	.badge .quiet {
		font-weight: 400;
	}
	.chevron {
		display: inline-flex;
		transition: rotate 160ms;
	}
	.open .chevron {
		rotate: 180deg;
	}
	.dot {
		inline-size: 8px;
		block-size: 8px;
		border-radius: 50%;
		background: #e0a33a;
	}
	.dot.live {
		background: #3fcf8e;
	}
	.dot.failed {
		background: #f0706a;
	}
	.why,
	.toast {
		margin: 0;
		max-inline-size: 38ch;
		padding: 0.4rem 0.75rem;
		border-radius: 10px;
		background: rgb(10 14 19 / 0.8);
		color: #dbe2ea;
		font-size: 0.8125rem;
	}
	/* The panel has all of it, and the picture is not to be covered for good. */
	.why {
		display: -webkit-box;
		overflow: hidden;
		/* Padding would show the top of a third line. */
		padding-block: 0;
		border-block: 0.4rem solid transparent;
		-webkit-box-orient: vertical;
		-webkit-line-clamp: 2;
		animation: vanish 400ms 8s both;
	}
	.controls {
		position: absolute;
		inset: auto 12px 12px 12px;
		display: flex;
		gap: 8px;
		pointer-events: none;
	}
	.controls > button {
		pointer-events: auto;
	}
	.controls .labelled {
		padding-inline: 0.8rem 1rem;
	}
	.space {
		flex: 1;
	}
	.message {
		place-self: center;
		z-index: 0;
		padding: 60px 16px;
	}
	.connecting {
		display: flex;
		align-items: center;
		gap: 0.7rem;
		color: #dbe2ea;
		/* A quick start shows no spinner at all. */
		animation: appear 200ms 400ms both;
	}
	.spinner {
		inline-size: 18px;
		block-size: 18px;
		border: 2px solid rgb(255 255 255 / 0.25);
		border-block-start-color: var(--accent);
		border-radius: 50%;
		animation: turn 900ms linear infinite;
	}
	.play {
		inline-size: 72px;
		block-size: 72px;
	}
	.play svg {
		scale: 1.6;
	}
	.card {
		max-inline-size: 44ch;
		padding: 1.1rem 1.3rem;
		border-radius: 14px;
		background: rgb(16 21 28 / 0.9);
		text-align: center;
		text-wrap: pretty;
		overflow-wrap: anywhere;
	}
	.card h2 {
		margin: 0 0 0.25rem;
		font-size: 1rem;
		font-weight: 600;
	}
	.card p {
		margin: 0;
		color: #c7d0da;
	}
	.card p + p {
		margin-block-start: 0.5rem;
	}
	.actions {
		display: flex;
		flex-wrap: wrap;
		align-items: center;
		justify-content: center;
		gap: 0.4rem 0.9rem;
		margin-block-start: 0.9rem;
		font-variant-numeric: tabular-nums;
	}
	.actions button {
		padding-inline: 1.1rem;
		background: var(--accent);
		color: #05221e;
		font-weight: 600;
	}

	@container (max-width: 600px) {
		.card {
			padding: 0.7rem 1rem;
		}
		.card .actions {
			margin-block-start: 0.6rem;
		}
		.message {
			padding: 52px 12px 10px;
		}
	}
	@container (max-width: 230px) {
		.top {
			inset: 6px 6px auto 6px;
		}
		.controls {
			inset: auto 6px 6px 6px;
		}
		.badge .quiet,
		.labelled span,
		.pip {
			display: none;
		}
	}
	.player:fullscreen {
		display: grid;
		border-radius: 0;
	}
	.player:fullscreen .stage {
		aspect-ratio: auto;
	}
	@keyframes turn {
		to {
			rotate: 1turn;
		}
	}
	@keyframes vanish {
		to {
			opacity: 0;
			visibility: hidden;
		}
	}
	@keyframes appear {
		from {
			opacity: 0;
		}
	}
	@media (prefers-reduced-motion: reduce) {
		.spinner {
			animation-duration: 4s;
		}
		.chevron {
			transition: none;
		}
	}
`;
