import type zh from '../zh-CN'
import app from './app'
import family from './family'

const en: typeof zh = { app, family }
export default en
