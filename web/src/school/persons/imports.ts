import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import { uuid } from '@/shared/uuid'

export type Result = Schemas['RollImportOut']
export interface Options {
  kind: Schemas['ImportKind']
  createUnits: boolean
}

/** A sheet on its way: checked first, landed as it was checked. */
export interface Sheet {
  name: Ref<string>
  checked: ShallowRef<Result | null>
  landed: ShallowRef<Result | null>
  result: ComputedRef<Result | null>
  choose: (file: File) => Promise<void>
  check: (options: Options) => Promise<void>
  land: (options: Options, mode: Schemas['ImportMode']) => Promise<void>
  drop: () => void
}

export function useImport(institution: number): Sheet {
  const file = shallowRef<File | null>(null)
  const name = ref('')
  const checked = shallowRef<Result | null>(null)
  const landed = shallowRef<Result | null>(null)
  let key = ''

  // A browser refuses a file that was saved again after it was chosen: what is read now is what is checked and landed.
  async function choose(chosen: File): Promise<void> {
    file.value = new File([await chosen.arrayBuffer()], chosen.name, { type: chosen.type })
    name.value = chosen.name
    checked.value = landed.value = null
    key = uuid()
  }

  async function send(options: Options, mode: Schemas['ImportMode'], dry: boolean): Promise<Result> {
    const form = new FormData()
    form.append('file', file.value!)
    form.append('kind', options.kind)
    form.append('mode', mode)
    form.append('dry_run', String(dry))
    form.append('create_units', String(options.createUnits))
    const params = {
      path: { institution_id: institution },
      // An answer that was lost on the way is asked for again, and the sheet does not land twice.
      ...(!dry && { header: { 'Idempotency-Key': `${key}-${mode}-${options.createUnits}` } }),
    }
    return answered(
      api.POST('/api/v1/institutions/{institution_id}/roll-imports', {
        params,
        body: { file: name.value, kind: options.kind },
        bodySerializer: () => form,
      }),
    )
  }

  async function check(options: Options): Promise<void> {
    checked.value = null
    checked.value = await send(options, 'all_or_nothing', true)
  }

  async function land(options: Options, mode: Schemas['ImportMode']): Promise<void> {
    landed.value = await send(options, mode, false)
  }

  function drop(): void {
    file.value = checked.value = landed.value = null
    name.value = ''
  }

  return { name, checked, landed, result: computed(() => landed.value ?? checked.value), choose, check, land, drop }
}
