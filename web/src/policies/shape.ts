export type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

/** What a value looks like, read from the JSON Schema that the service gives for each setting. */
export type Shape =
  | { kind: 'number'; whole: boolean; least?: number; most?: number }
  | { kind: 'flag' }
  | { kind: 'clock' }
  | { kind: 'day' }
  | { kind: 'text' }
  | { kind: 'choice'; options: string[] }
  | { kind: 'many'; options: (string | number)[] }
  | { kind: 'list'; item: Shape; most: number; ordered: boolean }
  | { kind: 'object'; fields: { name: string; shape: Shape; begin: Json }[] }
  /** `of`, or nothing. */
  | { kind: 'maybe'; of: Shape }

interface Schema {
  type?: string
  enum?: string[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  maxItems?: number
  default?: Json
  $ref?: string
  $defs?: Record<string, Schema>
}

const WEEK = 7

export function read(schema: Schema, defs: Record<string, Schema> = schema.$defs ?? {}): Shape {
  const named = schema.$ref ? defs[schema.$ref.split('/').pop()!] : undefined
  if (named) return read(named, defs)
  if (schema.anyOf)
    return {
      kind: 'maybe',
      of: read(
        schema.anyOf.find((one) => one.type !== 'null')!,
        defs,
      ),
    }
  if (schema.enum) return { kind: 'choice', options: schema.enum }
  switch (schema.type) {
    case 'integer':
    case 'number':
      return number(schema)
    case 'boolean':
      return { kind: 'flag' }
    case 'array':
      return list(schema, defs)
    case 'object':
      return { kind: 'object', fields: fields(schema, defs) }
    default:
      return { kind: schema.format === 'date' ? 'day' : schema.pattern?.includes(':') ? 'clock' : 'text' }
  }
}

function number({ type, minimum, maximum }: Schema): Shape {
  return {
    kind: 'number',
    whole: type === 'integer',
    ...(minimum !== undefined && { least: minimum }),
    ...(maximum !== undefined && { most: maximum }),
  }
}

function list({ items = {}, maxItems = Infinity }: Schema, defs: Record<string, Schema>): Shape {
  const item = read(items, defs)
  if (item.kind === 'choice') return { kind: 'many', options: item.options }
  // Few numbers, each at most once: the days of the week.
  if (item.kind === 'number' && item.most === WEEK) {
    return { kind: 'many', options: Array.from({ length: WEEK }, (_, at) => at + 1) }
  }
  const ordered = item.kind === 'object' && item.fields.some((one) => one.name === 'level')
  return { kind: 'list', item, most: maxItems, ordered }
}

function fields(
  { properties = {} }: Schema,
  defs: Record<string, Schema>,
): { name: string; shape: Shape; begin: Json }[] {
  return Object.entries(properties).map(([name, of]) => {
    const shape = read(of, defs)
    return { name, shape, begin: of.default ?? blank(shape) }
  })
}

/** What an entry that is added begins with. */
export function blank(shape: Shape): Json {
  switch (shape.kind) {
    case 'number':
      return shape.least ?? 0
    case 'flag':
      return false
    case 'choice':
      return shape.options[0] ?? ''
    case 'many':
    case 'list':
      return []
    case 'object':
      return Object.fromEntries(shape.fields.map((one) => [one.name, one.begin]))
    case 'maybe':
      return null
    default:
      return ''
  }
}
