import { defineConfig } from 'vite';

const here = import.meta.dirname;

/**
 * Builds the pages and the player into `dist/web`: hashed files under `assets/` (they may be cached for ever),
 * `index.html`, `watch.html`, `cluster.html`, `not-found.html` and the library module `player.js` under their own names.
 */
export default defineConfig({
	root: here,
	base: '/',
	build: {
		outDir: '../../dist/web',
		emptyOutDir: true,
		target: 'es2022',
		// A strict content security policy forbids inline scripts and data: images.
		assetsInlineLimit: 0,
		modulePreload: { polyfill: false },
		chunkSizeWarningLimit: 500,
		rolldownOptions: {
			input: {
				index: `${here}/index.html`,
				watch: `${here}/watch.html`,
				cluster: `${here}/cluster.html`,
				'not-found': `${here}/not-found.html`,
				player: `${here}/player.ts`,
			},
			preserveEntrySignatures: 'exports-only',
			output: {
				entryFileNames: (chunk) => (chunk.name === 'player' ? 'player.js' : 'assets/[name]-[hash].js'),
				chunkFileNames: 'assets/[name]-[hash].js',
				assetFileNames: 'assets/[name]-[hash][extname]',
			},
		},
	},
});
