// What of a browser is asked for while the modules load; imported first. It keeps nothing, as a private window does.
export const signedIn = { accountId: 7, deviceId: 'd', mustChangePassword: false, access: 'token' }

Object.assign(globalThis, {
  window: new EventTarget(),
  localStorage: { getItem: () => JSON.stringify(signedIn), setItem: () => undefined },
})
Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
