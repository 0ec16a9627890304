import app from './app'
import family from './family'

// What a family's phone loads first; the rooms of work bring theirs in `rooms.ts`.
export default { app, family }
