import { onMounted, ref, type Ref } from 'vue'
import { useSession } from './session'

/** Has a room know who is signed in, before it shows whether there is anything in it for them. */
export function useLearnt(): { failure: Ref<unknown>; learn: () => Promise<void> } {
  const session = useSession()
  const failure = ref<unknown>(null)

  async function learn(): Promise<void> {
    failure.value = null
    if (!session.me) await session.learn().catch((thrown: unknown) => (failure.value = thrown))
  }
  onMounted(learn)
  return { failure, learn }
}
