// Keeps the program, so that it opens without a network. Answers of the API are never kept here: they are personal,
// and what a family needs offline stands in IndexedDB, where signing out removes it.
const CACHE = 'lianfang-__VERSION__'
const FILES = ['__FILES__']

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(FILES.map((one) => new Request(one, { cache: 'no-cache' })))),
  )
})

self.addEventListener('activate', (event) => {
  const old = (name) => name.startsWith('lianfang-') && name !== CACHE
  const forget = caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
  event.waitUntil(forget.then(() => self.clients.claim()))
})

// The page says when: a version that changes under somebody's hands would lose what they are typing.
self.addEventListener('message', (event) => {
  if (event.data === 'activate') self.skipWaiting()
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== self.location.origin || pathname.startsWith('/api/')) return
  if (request.mode === 'navigate') {
    // Addresses of the API itself (/docs, a printed pass) are not the client's.
    if (/^\/(docs|redoc|openapi\.json|metrics|healthz|readyz|\.well-known)/.test(pathname)) return
    event.respondWith(caches.match('/index.html', { ignoreVary: true }).then((found) => found ?? fetch(request)))
  } else if (FILES.includes(pathname)) {
    event.respondWith(caches.match(pathname, { ignoreVary: true }).then((found) => found ?? fetch(request)))
  }
})
