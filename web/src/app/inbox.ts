import { ref } from 'vue'
import { defineStore } from 'pinia'
import { api } from '@/api/client'
import { answered } from '@/api/problems'

/** How many messages are unread, for the mark on the tab; whoever reads messages tells it. */
export const useInbox = defineStore('inbox', () => {
  const unread = ref(0)

  async function count(): Promise<void> {
    const query = { limit: 1, unread: true }
    const found = await answered(api.GET('/api/v1/me/messages', { params: { query } })).catch(() => null)
    if (found) unread.value = found.unread
  }

  void count()
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') void count()
  })
  return { unread, count }
})
