/**
 * In a page: counts in `drawingPauses` how often it drew nothing for 50 ms. A machine that is too busy to draw is too
 * late for pictures as well, and the browser counts them as dropped.
 */
export const COUNT_DRAWING_PAUSES = `(() => {
	globalThis.drawingPauses = 0;
	let drawn = performance.now();
	const draw = (now) => {
		globalThis.drawingPauses += Math.max(0, Math.floor((now - drawn) / 50));
		drawn = now;
		requestAnimationFrame(draw);
	};
	requestAnimationFrame(draw);
})()`;
