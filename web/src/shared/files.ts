import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'

type Made = Schemas['ExportOut']

const ASK_EVERY = 1000

export interface FileMaker {
  /** How far the file is that was asked for last. */
  making: ShallowRef<Made | null>
  /** The file, once it is made; null where nobody waits for it any more. Throws what `answered` does. */
  make: (place: number, wanted: Schemas['ExportIn']) => Promise<Blob | null>
}

/** Has the service make a file of what the caller may read, and fetches it. */
export function useFiles(): FileMaker {
  const making = shallowRef<Made | null>(null)
  let gone = false
  onScopeDispose(() => (gone = true))

  async function make(place: number, body: Schemas['ExportIn']): Promise<Blob | null> {
    const params = { path: { institution_id: place } }
    making.value = await answered(api.POST('/api/v1/institutions/{institution_id}/exports', { params, body }))
    const path = { export_id: making.value.id }
    while (making.value.state === 'running' && !gone) {
      await new Promise((done) => setTimeout(done, ASK_EVERY))
      making.value = await answered(api.GET('/api/v1/exports/{export_id}', { params: { path } }))
    }
    if (gone) return null
    return (await answered(
      api.GET('/api/v1/exports/{export_id}/contents', { params: { path }, parseAs: 'blob' }),
    )) as unknown as Blob
  }

  return { making, make }
}

/** Hands a file to the browser, which asks its owner where to keep it or keeps it among the downloads. */
export function save(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
