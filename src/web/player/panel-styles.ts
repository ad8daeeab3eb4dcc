import { css } from 'lit';

/** The panel that opens beside the picture, and on a phone beneath it. */
export const panelStyles = css`
	.panel {
		position: absolute;
		inset: 60px auto auto 12px;
		inline-size: 290px;
		max-block-size: calc(100% - 72px);
		box-sizing: border-box;
		overflow: auto;
		padding: 12px;
		border-radius: 14px;
		background: rgb(10 14 19 / 0.92);
	}
	.modes {
		display: grid;
		grid-template-columns: repeat(3, 1fr);
		gap: 2px;
		margin: 0 0 10px;
		padding: 3px;
		border: 0;
		border-radius: 999px;
		background: rgb(255 255 255 / 0.09);
	}
	.modes legend {
		position: absolute;
		inline-size: 1px;
		block-size: 1px;
		overflow: hidden;
		clip-path: inset(50%);
	}
	.modes button {
		min-block-size: 32px;
		background: none;
		color: #c7d0da;
	}
	.modes button:hover {
		background: rgb(255 255 255 / 0.08);
	}
	.modes button[aria-pressed='true'] {
		background: #eef2f6;
		color: #10151c;
		font-weight: 600;
	}
	dl {
		display: grid;
		gap: 5px;
		margin: 0;
		padding-inline: 4px;
		font-size: 0.8125rem;
	}
	dl > div {
		display: flex;
		justify-content: space-between;
		gap: 12px;
	}
	dt {
		color: #b3bfcc;
	}
	dd {
		margin: 0;
		text-align: end;
		font-variant-numeric: tabular-nums;
	}
	dl .wide {
		display: block;
	}
	dl .wide:not(:last-child) {
		padding-block-end: 6px;
		margin-block-end: 3px;
		border-block-end: 1px solid rgb(255 255 255 / 0.12);
	}
	.wide dt {
		float: left;
	}
	.wide dd {
		font-weight: 600;
	}
	.reason {
		display: block;
		clear: both;
		margin-block-start: 2px;
		color: #c7d0da;
		font-weight: 400;
		text-align: start;
		text-wrap: pretty;
		overflow-wrap: anywhere;
	}

	/* On a phone the panel stands under the picture instead of over it. */
	@container (max-width: 600px) {
		.player:not(:fullscreen) .panel {
			position: static;
			inline-size: auto;
			border-radius: 0;
			background: #10151c;
		}
		.player:not(:fullscreen) dl {
			grid-template-columns: 1fr 1fr;
			column-gap: 20px;
		}
		.player:not(:fullscreen) dl .wide {
			grid-column: 1 / -1;
		}
	}
`;
