import { onMounted } from 'vue'
import { useRouter } from 'vue-router'

/** Has the other pages of a room loaded while there is a network: without one, a tab that was never opened opens too. */
export function usePagesAhead(room: string): void {
  const router = useRouter()
  onMounted(() => {
    for (const { path, components } of router.getRoutes()) {
      const page = path.startsWith(room) ? components?.['default'] : undefined
      // What is loaded already is a component; what is not, a function that loads it.
      if (typeof page === 'function') void Promise.resolve((page as () => unknown)()).catch(() => undefined)
    }
  })
}
