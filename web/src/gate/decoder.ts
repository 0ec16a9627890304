import decodeQR from 'qr/decode.js'

const PATIENCE = 80 // milliseconds for one frame

/** The text of a QR code in a frame, or null. For browsers that have no BarcodeDetector. */
export function decode(frame: ImageData, soft: boolean): string | null {
  try {
    return decodeQR(soft ? softened(frame) : frame, { timeLimit: PATIENCE })
  } catch {
    return null // nothing that could be read: the next frame comes at once
  }
}

/** Each pixel as the mean of the nine around it: in the dark a camera's noise hides the code's edges. */
function softened({ data, width, height }: ImageData): ImageData {
  const light = new Uint8Array(width * height)
  for (let at = 0; at < light.length; at++) light[at] = (data[4 * at]! + 2 * data[4 * at + 1]! + data[4 * at + 2]!) >> 2
  const out = new ImageData(width, height)
  const words = new Uint32Array(out.data.buffer).fill(0xff000000)
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x
      let sum = 0
      for (const row of [at - width, at, at + width]) sum += light[row - 1]! + light[row]! + light[row + 1]!
      words[at] = 0xff000000 | (Math.round(sum / 9) * 0x010101)
    }
  }
  return out
}
