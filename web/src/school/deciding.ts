import { ref } from 'vue'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'

export type Listed = Schemas['EntryBriefOut']
export type Verdict = Schemas['Verdict']

/** What a decision has led to for one request: where it stands now, or why nothing was decided. */
export interface Answer {
  request: Listed
  verdict: Verdict
  state: Schemas['RequestState'] | null
  problem: string
}

/** Why, by request. */
export type Reasons = Record<number, string>

/** Decisions on requests, one or many: each on the step that was seen open, each answered for itself. */
export function useDeciding(institution: number) {
  const answers = ref<Answer[]>([])
  /** Steps that are decided: they leave the list at once, whatever an answer that was on its way still says. */
  const decided = ref(new Set<number>())

  /** Each with its reason; those of one reason are asked for together. */
  async function decide(some: Listed[], verdict: Verdict, reasons: Reasons): Promise<Answer[]> {
    const open = some.filter((one) => one.open_step !== null)
    answers.value = []
    for (const reason of new Set(open.map((one) => reasons[one.id] ?? ''))) {
      const alike = open.filter((one) => (reasons[one.id] ?? '') === reason)
      answers.value = [...answers.value, ...(await decideAlike(alike, verdict, reason))]
    }
    return answers.value
  }

  async function decideAlike(open: Listed[], verdict: Verdict, reason: string): Promise<Answer[]> {
    const items = open.map((one) => ({ request_id: one.id, step_id: one.open_step!.id }))
    const body = { items, verdict, ...(reason && { reason }) }
    const path = { institution_id: institution }
    const call = api.POST('/api/v1/institutions/{institution_id}/entry-decisions', { params: { path }, body })
    const { items: told } = await answered(call)
    const found = told.map(({ index, state, problem }) => ({
      request: open[index]!,
      verdict,
      state,
      problem: problem?.detail ?? '',
    }))
    for (const one of found) if (!one.problem) decided.value.add(one.request.open_step!.id)
    return found
  }

  return { answers, decided, decide }
}
