import type zh from '../zh-CN'
import app from './app'
import family from './family'
import office from './office'

const en: typeof zh = { app, family, office }
export default en
