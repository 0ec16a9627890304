import { onScopeDispose, ref, type Ref } from 'vue'

export type CameraState = 'off' | 'starting' | 'on' | 'refused' | 'absent'
interface Detector {
  detect: (source: CanvasImageSource) => Promise<{ rawValue: string }[]>
}
type Torch = MediaTrackCapabilities & { torch?: boolean }

const SIDE = 720 // pixels: a pass has 77 modules, and a hand shakes
const PAUSE = 40 // milliseconds between two looks, for taps and for the battery

/** A camera that looks for QR codes; `seen` is told each text with the moment of its frame. */
export function useCamera(video: Ref<HTMLVideoElement | undefined>, seen: (text: string, at: number) => void) {
  const state = ref<CameraState>('off')
  const torch = ref<boolean | null>(null) // null: this camera has none
  let stream: MediaStream | null = null
  let timer: ReturnType<typeof setTimeout> | undefined
  let look: ((source: HTMLVideoElement, turn: number) => Promise<string | null>) | undefined
  let turn = 0

  async function start(): Promise<void> {
    if (state.value === 'starting' || state.value === 'on') return
    state.value = 'starting'
    try {
      // Without a secure context there is no camera to ask for.
      if (!navigator.mediaDevices) throw new DOMException('', 'NotFoundError')
      const wanted = { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } }
      stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false })
      look ??= await finder()
      await show(stream)
      state.value = 'on'
      void watch()
    } catch (failure) {
      const { name } = failure as DOMException
      stop(name === 'NotAllowedError' || name === 'SecurityError' ? 'refused' : 'absent')
    }
  }

  async function show(from: MediaStream): Promise<void> {
    const [track] = from.getVideoTracks()
    track?.addEventListener('ended', () => stop('off'))
    torch.value = (track?.getCapabilities?.() as Torch | undefined)?.torch ? false : null
    if (!video.value) throw new DOMException('', 'AbortError')
    video.value.srcObject = from
    await video.value.play()
  }

  async function watch(): Promise<void> {
    const source = video.value
    if (state.value !== 'on' || !source || !look) return
    const at = performance.now()
    const text = source.readyState >= 2 && !source.paused ? await look(source, turn++).catch(() => null) : null
    if (text) seen(text, at)
    timer = setTimeout(() => void watch(), PAUSE)
  }

  async function switchTorch(): Promise<void> {
    const lit = !torch.value
    const [track] = stream?.getVideoTracks() ?? []
    const advanced = [{ torch: lit } as MediaTrackConstraintSet]
    await track?.applyConstraints({ advanced }).then(
      () => (torch.value = lit),
      () => (torch.value = null),
    )
  }

  function stop(now: CameraState = 'off'): void {
    clearTimeout(timer)
    stream?.getTracks().forEach((track) => track.stop())
    stream = null
    torch.value = null
    state.value = now
  }

  // A phone takes the camera away from who is not looked at, and gives it back only to who asks.
  const whenSeen = (): void => {
    if (document.visibilityState === 'hidden' && state.value === 'on') stop()
    else if (document.visibilityState === 'visible' && state.value === 'off') void start()
  }
  document.addEventListener('visibilitychange', whenSeen)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', whenSeen)
    stop()
  })
  return { state, torch, start, switchTorch }
}

/** The browser's own detector where there is one; else ours, on the middle of the picture. */
async function finder(): Promise<(source: HTMLVideoElement, turn: number) => Promise<string | null>> {
  const native = await ownDetector()
  if (native) return async (source) => (await native.detect(source))[0]?.rawValue ?? null
  const { decode } = await import('./decoder')
  const canvas = document.createElement('canvas')
  const pen = canvas.getContext('2d', { willReadFrequently: true })!
  return async (source, turn) => {
    const side = Math.min(source.videoWidth, source.videoHeight)
    const [left, top] = [(source.videoWidth - side) / 2, (source.videoHeight - side) / 2]
    canvas.width = canvas.height = Math.min(side, SIDE)
    pen.drawImage(source, left, top, side, side, 0, 0, canvas.width, canvas.height)
    return decode(pen.getImageData(0, 0, canvas.width, canvas.height), turn % 2 === 1)
  }
}

async function ownDetector(): Promise<Detector | null> {
  const known = (window as { BarcodeDetector?: DetectorKind }).BarcodeDetector
  const formats = await known?.getSupportedFormats().catch((): string[] => [])
  return known && formats?.includes('qr_code') ? new known({ formats: ['qr_code'] }) : null
}

interface DetectorKind {
  new (options: { formats: string[] }): Detector
  getSupportedFormats: () => Promise<string[]>
}
