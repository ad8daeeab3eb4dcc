/** A table of the report. Every row has as many cells as there are columns. */
export type Table = {
	readonly title: string;
	readonly columns: readonly string[];
	readonly rows: readonly (readonly string[])[];
	readonly notes?: readonly string[];
};

/** As Markdown that also reads well in a terminal. */
export function renderTable(table: Table): string {
	const rows = [table.columns, ...table.rows];
	const widths = table.columns.map((_, column) => Math.max(3, ...rows.map((row) => row[column]?.length ?? 0)));
	const line = (cells: readonly string[]) =>
		`| ${cells.map((cell, column) => pad(cell, widths[column] ?? 0, column > 0)).join(' | ')} |`;
	const rule = `| ${widths.map((width, column) => (column > 0 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`;
	const [head = [], ...body] = rows;
	const notes = (table.notes ?? []).map((note) => `${note}\n`);
	return [`## ${table.title}\n`, line(head), rule, ...body.map(line), '', ...notes].join('\n');
}

function pad(cell: string, width: number, right: boolean): string {
	return right ? cell.padStart(width) : cell.padEnd(width);
}
