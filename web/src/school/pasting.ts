import type { Schemas } from '@/api/client'
import type { Content, Line, Reason } from './sheet'

export interface Pasted {
  contents: Map<Line, Content>
  /** Rows for somebody who is in already, or whom the class does not have. */
  skipped: number
}

/** Whether it is more than one cell; one cell is simply typed. */
export const isColumn = (text: string): boolean => /[\t\n\r]/.test(text.trim())

/**
 * Cells of a spreadsheet for the lines of a class. With names beside them they find their line by it, else they go
 * down from the line on which they were pasted. What is no temperature stands where it was pasted and is complained of.
 */
export function spread(
  text: string,
  lines: Line[],
  from: number,
  isIn: (line: Line) => boolean,
  reasons: Schemas['OptionOut'][],
): Pasted {
  const rows = text
    .replace(/[\r\n]+$/, '')
    .split(/\r?\n/)
    .map((row) => row.split('\t').map((cell) => cell.trim()))
  const named = rows.some((cells) => cells.length > 1 && lines.some((line) => cells.includes(line.name)))
  const pasted: Pasted = { contents: new Map(), skipped: 0 }
  rows.forEach((cells, index) => {
    const line = named ? alone(lines, cells) : lines[from + index]
    const cell = cells[cells.length - 1] ?? ''
    if (!cell) return
    if (!line || isIn(line)) pasted.skipped += 1
    else pasted.contents.set(line, content(cell, reasons))
  })
  return pasted
}

/** Two of one name are told apart by nobody. */
function alone(lines: Line[], cells: string[]): Line | undefined {
  const found = lines.filter((line) => cells.includes(line.name))
  return found.length === 1 ? found[0] : undefined
}

function content(cell: string, reasons: Schemas['OptionOut'][]): Content {
  const reason = reasons.find((one) => one.label === cell)
  if (reason) return { reason: reason.code as Reason }
  return { text: cell.replace(/\s*(℃|°C)$/i, '').slice(0, 12) }
}
