/**
 * Runs in the browser: reads the numbers that the bench's camera draws into its pictures.
 *
 * @param {{ cells: number, cellPixels: number }} drawn square cells from the top left corner, highest bit first
 * @returns a function that reads the number of the picture that a video element shows
 */
globalThis.pictureNumbers = ({ cells, cellPixels }) => {
	const canvas = new OffscreenCanvas(cells, 1);
	const context = canvas.getContext('2d', { willReadFrequently: true });
	return (video) => {
		for (let cell = 0; cell < cells; cell++) {
			const centre = [cell * cellPixels + cellPixels / 4, cellPixels / 4, cellPixels / 2, cellPixels / 2];
			context.drawImage(video, ...centre, cell, 0, 1, 1);
		}
		const { data } = context.getImageData(0, 0, cells, 1);
		let number = 0;
		for (let cell = 0; cell < cells; cell++) number = number * 2 + (data[cell * 4] > 127 ? 1 : 0);
		return number;
	};
};
