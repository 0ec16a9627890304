import { computed, shallowRef } from 'vue'
import { defineStore } from 'pinia'
import { api, type Schemas } from '@/api/client'
import { answered } from '@/api/problems'
import { forget, recall, retain } from '@/shared/store'
import { deviceName } from './device'
import { accountId, drop, keep, kept } from './tokens'

type Role = Schemas['Role']

/** Who is signed in on this device. */
export const useSession = defineStore('session', () => {
  const me = shallowRef<Schemas['MeOut'] | null>(null)
  /** Somebody is known here: what was kept for them may be shown, and readings may be queued. */
  const known = computed(() => kept.value !== null)
  /** The session has ended by itself; to send anything they have to sign in again. */
  const ended = computed(() => kept.value !== null && !kept.value.access)
  const mustChangePassword = computed(() => kept.value?.mustChangePassword ?? false)
  const roles = computed(() => new Set<Role>(me.value?.memberships.map((one) => one.role)))

  async function signIn(phone: string, secret: { password: string } | { code: string }): Promise<void> {
    const body = { phone, device_name: deviceName() }
    const call =
      'password' in secret
        ? api.POST('/api/v1/sessions', { body: { ...body, password: secret.password } })
        : api.POST('/api/v1/sessions/by-code', { body: { ...body, code: secret.code } })
    await take(await answered(call))
  }

  /** Another account's readings and answers do not stay on a device that somebody else signs in on. */
  async function take(tokens: Schemas['Tokens']): Promise<void> {
    const before = accountId()
    if (before !== null && before !== tokens.account_id) await forget()
    keep(tokens)
    me.value = null
    if (!tokens.must_change_password) await learn()
  }

  async function learn(): Promise<void> {
    try {
      me.value = await answered(api.GET('/api/v1/me'))
      await retain('me', me.value)
    } catch (failure) {
      await remember()
      if (!me.value) throw failure
    }
  }

  /** Who they were last time, which is known without a network. */
  async function remember(): Promise<void> {
    me.value ??= (await recall<Schemas['MeOut']>('me'))?.value ?? null
  }

  async function signOut(): Promise<void> {
    // Without a network the device forgets all the same; the session itself can be ended from another one.
    await answered(api.DELETE('/api/v1/sessions/current')).catch(() => undefined)
    await forget()
    me.value = null
    drop()
  }

  return { me, known, ended, mustChangePassword, roles, signIn, take, learn, remember, signOut }
})
