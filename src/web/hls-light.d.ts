/** hls.js without DRM, subtitles and alternate audio: the same interface at two thirds of the size. */
declare module 'hls.js/light' {
	export * from 'hls.js';
	export { default } from 'hls.js';
}
